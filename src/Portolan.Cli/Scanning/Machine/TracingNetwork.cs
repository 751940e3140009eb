using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Cli.Scanning.Machine;

/// <summary>A network whose links tell each frame they carry (<c>--packet-trace</c>).</summary>
internal sealed class TracingNetwork(INetwork network, Action<string> trace, TimeProvider clock) : INetwork
{
    private readonly long _startedAt = clock.GetTimestamp();

    /// <inheritdoc/>
    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null) =>
        network.FindRoute(destination, interfaceName, source);

    /// <inheritdoc/>
    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress) =>
        network.TryFindNeighbour(interfaceIndex, address, out hardwareAddress);

    /// <inheritdoc/>
    public IPacketLink Open(Route route)
    {
        var link = network.Open(route);
        return new Link(link, (direction, frame) => trace(PacketText.Line(direction, clock.GetElapsedTime(_startedAt), frame, link.Layer)));
    }

    private delegate void Tell(FrameDirection direction, ReadOnlySpan<byte> frame);

    private sealed class Link(IPacketLink link, Tell tell) : IPacketLink
    {
        public LinkLayer Layer => link.Layer;

        public MacAddress HardwareAddress => link.HardwareAddress;

        public int MaxFrameLength => link.MaxFrameLength;

        public string Description => link.Description;

        public IFrameSender OpenSender() => new Sender(link.OpenSender(), tell);

        public IFrameReceiver OpenReceiver(FrameFilter filter) => new Receiver(link.OpenReceiver(filter), tell);

        public void Dispose() => link.Dispose();
    }

    /// <summary>Has slots of its own, copied into those of the link: what the link did not take is not told.</summary>
    private sealed class Sender(IFrameSender sender, Tell tell) : IFrameSender
    {
        private readonly List<byte[]> _slots = [];
        private readonly List<int> _lengths = [];

        public Span<byte> Reserve()
        {
            var room = sender.Reserve();
            if (room.IsEmpty)
            {
                return room;
            }

            if (_slots.Count == _lengths.Count)
            {
                _slots.Add(new byte[room.Length]);
            }

            return _slots[_lengths.Count];
        }

        public void Commit(int length)
        {
            _slots[_lengths.Count].AsSpan(0, length).CopyTo(sender.Reserve());
            sender.Commit(length);
            _lengths.Add(length);
        }

        public SendReport Flush()
        {
            var report = sender.Flush();
            for (var i = 0; i < Math.Min(report.Sent, _lengths.Count); i++)
            {
                tell(FrameDirection.Outbound, _slots[i].AsSpan(0, _lengths[i]));
            }

            _lengths.Clear();
            return report;
        }

        public void Dispose() => sender.Dispose();
    }

    private sealed class Receiver(IFrameReceiver receiver, Tell tell) : IFrameReceiver
    {
        public long Dropped => receiver.Dropped;

        public int Receive(IFrameSink sink, TimeSpan timeout) => receiver.Receive(
            sink is IOffloadSink knowing ? new KnowingSink(knowing, tell) : new Sink(sink, tell), timeout);

        public void Wake() => receiver.Wake();

        public void Dispose() => receiver.Dispose();
    }

    private sealed class Sink(IFrameSink sink, Tell tell) : IFrameSink
    {
        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp)
        {
            tell(FrameDirection.Inbound, frame);
            sink.OnFrame(frame, timestamp);
        }
    }

    /// <summary>Passes on what the link vouches for.</summary>
    private sealed class KnowingSink(IOffloadSink sink, Tell tell) : IOffloadSink
    {
        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp) => OnFrame(frame, timestamp, isChecksumKnown: false);

        public void OnFrame(ReadOnlySpan<byte> frame, long timestamp, bool isChecksumKnown)
        {
            tell(FrameDirection.Inbound, frame);
            sink.OnFrame(frame, timestamp, isChecksumKnown);
        }
    }
}
