using Portolan.Lab.Running.Time;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running;

/// <summary>
/// A lab in virtual time as a scanner of the same process sees it from the vantage: routes into the lab, and a link whose receiver lets the
/// lab's time go on while it waits. With <see cref="VirtualNetwork.Time"/> for its clock a scan of hours takes no longer than its packets
/// do.
/// </summary>
/// <remarks>One thread, which must not run the lab meanwhile.</remarks>
public sealed class VantageNetwork : INetwork
{
    private const int Interface = 2;

    private readonly Place _place;
    private readonly VantageSpec _vantage;
    private readonly List<AddressPrefix> _prefixes;
    private readonly int _mtu;

    internal VantageNetwork(LabEnvironment lab, Segment segment, VantageSpec vantage, LabTopology topology, LinkQuality quality)
    {
        _place = new Place(lab, segment, quality);
        (_vantage, _mtu) = (vantage, quality.Mtu);
        _prefixes = [.. topology.Networks.SelectMany(static n => n.Prefixes)];
        foreach (var address in vantage.Addresses)
        {
            segment.AddAddress(address, _place.Member);
        }
    }

    /// <summary>Packets that the scanner has sent.</summary>
    public long SentCount => _place.Sent;

    /// <inheritdoc/>
    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null)
    {
        var own = destination.IsIPv4 ? _vantage.Ipv4 : _vantage.Ipv6;
        return own is { } address && _prefixes.Exists(p => p.Contains(destination))
            ? new RouteAnswer(new Route(Interface, "lab0", LinkLayer.Ip, source ?? address, null, destination == address, _mtu), null, null)
            : new RouteAnswer(null, $"no route to {destination}", $"the lab has no such network");
    }

    /// <inheritdoc/>
    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress)
    {
        hardwareAddress = default;
        return false;
    }

    /// <inheritdoc/>
    public IPacketLink Open(Route route) => new Link(_place, _mtu);

    private sealed class Place : LabPart
    {
        private readonly LabEnvironment _lab;
        private readonly IPacketLink _link;
        private readonly IFrameSender _sender;

        internal Place(LabEnvironment lab, Segment segment, LinkQuality quality)
        {
            _lab = lab;
            Member = new SegmentMember(segment, LabDirectory.VantageName, lab.Loop) { Owner = this };
            segment.Add(Member);
            _link = lab.Wrap(Member, quality);
            _sender = _link.OpenSender();
        }

        internal SegmentMember Member { get; }

        internal long Sent { get; private set; }

        internal override Instant NextDeadline => _link is ITimedLink timed ? timed.NextDeadline : Instant.Never;

        internal override void Run(Instant now)
        {
            if (_link is ITimedLink timed && timed.NextDeadline <= now)
            {
                timed.OnTimer(now);
            }
        }

        internal void Send(ReadOnlySpan<byte> packet)
        {
            packet.CopyTo(_sender.Reserve());
            _sender.Commit(packet.Length);
            _sender.Flush();
            Sent++;
            _lab.Loop.Schedule(this);
        }

        internal int Receive(IFrameSink sink, TimeSpan timeout)
        {
            const int Batch = 64;
            if (!Member.HasFrames)
            {
                _lab.Loop.Run(() => Member.HasFrames, _lab.Clock.Now + timeout);
            }

            var count = 0;
            for (; count < Batch && Member.TryTake(out var frame); count++)
            {
                sink.OnFrame(frame.Bytes, _lab.Clock.GetTimestamp());
                _lab.Frames.Return(frame);
            }

            return count;
        }
    }

    private sealed class Link(Place place, int mtu) : IPacketLink, IFrameReceiver
    {
        public LinkLayer Layer => LinkLayer.Ip;

        public MacAddress HardwareAddress => default;

        public int MaxFrameLength => mtu;

        public string Description => "the vantage of a lab";

        public long Dropped => 0;

        public IFrameSender OpenSender() => new Sender(place, mtu);

        public IFrameReceiver OpenReceiver(FrameFilter filter) => this;

        public int Receive(IFrameSink sink, TimeSpan timeout) => place.Receive(sink, timeout);

        public void Wake()
        {
        }

        public void Dispose()
        {
        }
    }

    /// <summary>Packets leave at a flush, so that a batch has one time.</summary>
    private sealed class Sender(Place place, int mtu) : IFrameSender
    {
        private const int Slots = 32;

        private readonly byte[]?[] _slots = new byte[]?[Slots];
        private readonly int[] _lengths = new int[Slots];
        private int _count;

        public Span<byte> Reserve() => _count == Slots ? default : _slots[_count] ??= new byte[mtu];

        public void Commit(int length) => _lengths[_count++] = length;

        public SendReport Flush()
        {
            var count = _count;
            _count = 0;
            for (var i = 0; i < count; i++)
            {
                place.Send(_slots[i].AsSpan(0, _lengths[i]));
            }

            return new SendReport(count, 0, SendFailure.None, 0);
        }

        public void Dispose()
        {
        }
    }
}
