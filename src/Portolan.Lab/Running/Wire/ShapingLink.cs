using Portolan.Lab.Running.Time;
using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// A link of limited bandwidth on which some packets go before others: strict priority by port, first come first served within a class.
/// What is being sent is not interrupted. Each class has a queue of its own, so that a file copy that fills its own does not drop a phone
/// call.
/// </summary>
/// <remarks>The lab's thread.</remarks>
internal sealed class ShapingLink : ITimedLink, IWrappingLink
{
    /// <summary>Bytes that may wait in a class; packets that come then are dropped. As <see cref="FaultProfile.QueueLimit"/>.</summary>
    private const int QueueLimit = 256 << 10;

    private const int Usual = 100;
    private const long NanosecondsPerSecond = 1_000_000_000;

    private readonly IPacketLink _inner;
    private readonly IFrameSender _sender;
    private readonly LabClock _clock;
    private readonly long _bandwidth;
    private readonly ShapingClass[] _classes;
    private readonly SortedDictionary<int, Waiting> _queues = [];
    private readonly Action<ReadOnlySpan<byte>> _onDrop;
    private Instant _busyUntil;

    /// <param name="inner">The link, of no limit of its own.</param>
    /// <param name="bandwidth">Bits a second.</param>
    /// <param name="classes">Who goes first.</param>
    /// <param name="clock">The time.</param>
    /// <param name="onDrop">Told of packets that find no room.</param>
    internal ShapingLink(
        IPacketLink inner, long bandwidth, IReadOnlyList<ShapingClass> classes, LabClock clock, Action<ReadOnlySpan<byte>> onDrop)
    {
        (_inner, _bandwidth, _classes, _clock, _onDrop) = (inner, bandwidth, [.. classes], clock, onDrop);
        _sender = inner.OpenSender();
    }

    public IPacketLink Inner => _inner;

    public LinkLayer Layer => _inner.Layer;

    public MacAddress HardwareAddress => _inner.HardwareAddress;

    public int MaxFrameLength => _inner.MaxFrameLength;

    public string Description => $"{_inner.Description}, shaped";

    public Instant NextDeadline
    {
        get
        {
            var own = _queues.Values.Any(static q => q.Frames.Count > 0) ? _busyUntil : Instant.Never;
            return _inner is ITimedLink timed ? Instant.Earlier(own, timed.NextDeadline) : own;
        }
    }

    public IFrameSender OpenSender() => new Sender(this);

    public IFrameReceiver OpenReceiver(FrameFilter filter) => _inner.OpenReceiver(filter);

    public void OnTimer(Instant now)
    {
        while (_busyUntil <= now && TryTake(out var frame))
        {
            frame.CopyTo(_sender.Reserve());
            _sender.Commit(frame.Length);
            _sender.Flush();
            _busyUntil = new Instant(_busyUntil.Nanoseconds + (frame.Length * 8L * NanosecondsPerSecond / _bandwidth));
        }

        if (_inner is ITimedLink timed && timed.NextDeadline <= now)
        {
            timed.OnTimer(now);
        }
    }

    public void Dispose()
    {
        _sender.Dispose();
        _inner.Dispose();
    }

    private bool TryTake(out byte[] frame)
    {
        foreach (var queue in _queues.Values)
        {
            if (queue.Frames.TryDequeue(out frame!))
            {
                queue.Bytes -= frame.Length;
                return true;
            }
        }

        frame = [];
        return false;
    }

    private void Take(ReadOnlySpan<byte> packet)
    {
        var priority = PriorityOf(packet);
        if (!_queues.TryGetValue(priority, out var queue))
        {
            _queues.Add(priority, queue = new Waiting());
        }

        if (queue.Bytes + packet.Length > QueueLimit)
        {
            _onDrop(packet);
            return;
        }

        queue.Frames.Enqueue(packet.ToArray());
        queue.Bytes += packet.Length;
        var now = _clock.Now;
        if (_busyUntil < now)
        {
            _busyUntil = now;
        }

        OnTimer(now);
    }

    private int PriorityOf(ReadOnlySpan<byte> packet)
    {
        if (PacketHeads.TryRead(packet, out var heads) && heads.HasPorts)
        {
            foreach (var shaping in _classes)
            {
                if (shaping.Protocol == heads.Transport
                    && (shaping.Ports.Contains(new PortNumber(heads.SourcePort))
                        || shaping.Ports.Contains(new PortNumber(heads.DestinationPort))))
                {
                    return shaping.Priority;
                }
            }
        }

        return Usual;
    }

    private sealed class Waiting
    {
        internal Queue<byte[]> Frames { get; } = new();

        internal int Bytes { get; set; }
    }

    private sealed class Sender(ShapingLink owner) : IFrameSender
    {
        private readonly byte[] _room = new byte[owner.MaxFrameLength];
        private int _sent;

        public Span<byte> Reserve() => _room;

        public void Commit(int length)
        {
            owner.Take(_room.AsSpan(0, length));
            _sent++;
        }

        public SendReport Flush()
        {
            var sent = _sent;
            _sent = 0;
            return new SendReport(sent, 0, SendFailure.None, 0);
        }

        public void Dispose()
        {
        }
    }
}
