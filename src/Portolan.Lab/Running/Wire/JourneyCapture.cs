using Portolan.Packets;
using Portolan.Transport.Links;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// Writes each packet into a capture once, as one observer sees it: all packets of a socket pair at the network where its first one was
/// sent, those to the client when they arrive there. So the times between data and acknowledgments are the client's, from which
/// Wireshark distinguishes a retransmission from a segment out of order.
/// </summary>
/// <remarks>
/// What is lost on the way to that network is written when it is lost. What is lost behind it has been seen by then: a packet waits in a
/// queue until its journey is known, so that its comment says so. The lab's thread.
/// </remarks>
internal sealed class JourneyCapture(CaptureFile file, Func<Segment, int> interfaceOf)
{
    /// <summary>Socket pairs whose network is known; others are written where each packet is first seen.</summary>
    private const int MostFlows = 262_144;

    /// <summary>Packets that wait.</summary>
    private const int MostWaiting = 16_384;

    /// <summary>How many nanoseconds one waits that is never heard of again, for its TTL ended in a router.</summary>
    private const long MostNanoseconds = 2_000_000_000;

    /// <summary>What the comment says of a segment whose first sending was lost.</summary>
    private const string Again = "sent again after a loss";

    private readonly Dictionary<Flow, Segment> _flows = [];
    private readonly Queue<Waiting> _queue = new();
    private readonly Dictionary<Key, Queue<Waiting>> _journeys = [];
    private readonly HashSet<(Flow Flow, uint Sequence)> _lost = [];

    /// <summary>A packet crosses a segment, or is lost on it.</summary>
    /// <param name="segment">The segment.</param>
    /// <param name="from">Who sent it there.</param>
    /// <param name="to">Who got it.</param>
    /// <param name="packet">It.</param>
    /// <param name="fate">What became of it there.</param>
    /// <param name="why">Why.</param>
    /// <param name="now">When, in nanoseconds of the lab's clock.</param>
    internal void See(
        Segment segment, SegmentMember from, SegmentMember? to, ReadOnlySpan<byte> packet, WireOutcome fate, string? why, long now)
    {
        var isFirst = CaptureView.IsFirstSight(from, packet);
        var hasHeads = PacketHeads.TryRead(packet, out var heads) && !FragmentGatherer.IsFragment(packet);
        var isOver = fate != WireOutcome.PassedOn || to?.Gate is { ChangesLeaving: true };
        if (hasHeads && !isFirst)
        {
            Follow(segment, to, heads, fate, why, isOver);
        }

        Segment? home = null;
        var isBack = hasHeads && heads.HasPorts && _flows.TryGetValue(Flow.Of(heads).Turned, out home);
        if (isBack ? home == segment || fate != WireOutcome.PassedOn : isFirst)
        {
            if (!isBack && hasHeads && heads.HasPorts && _flows.Count < MostFlows)
            {
                _flows.TryAdd(Flow.Of(heads), segment);
            }

            var isAgain = hasHeads && _lost.Count > 0 && DataOf(heads) is { } again && _lost.Remove(again);
            Add(new Waiting(
                interfaceOf(segment), packet.ToArray(),
                PacketLog.CommentOf(from, to, isAgain ? why is null ? Again : $"{Again}, {why}" : why), now,
                isBack || isOver || !hasHeads ? null : Key.Of(heads)));
        }

        if (hasHeads && fate == WireOutcome.Lost && _lost.Count < MostFlows && DataOf(heads) is { } data)
        {
            _lost.Add(data);
        }

        Flush(now);
    }

    /// <summary>Writes what still waits.</summary>
    internal void Finish()
    {
        while (_queue.TryDequeue(out var waiting))
        {
            Write(waiting);
        }
    }

    private void Follow(Segment segment, SegmentMember? to, in PacketHeads heads, WireOutcome fate, string? why, bool isOver)
    {
        var key = Key.Of(heads);
        if (!isOver || !_journeys.TryGetValue(key, out var same))
        {
            return;
        }

        var first = same.Dequeue();
        if (same.Count == 0)
        {
            _journeys.Remove(key);
        }

        first.IsOver = true;
        first.Comment += fate switch
        {
            WireOutcome.Lost => $": {why ?? "lost"} on {segment.Name}",
            WireOutcome.Dropped or WireOutcome.Refused or WireOutcome.Nobody when why is not null =>
                $" > … > {to?.Name ?? "nobody"}: {why}",
            _ => "",
        };
    }

    private void Add(Waiting waiting)
    {
        if (waiting.Key is { } key)
        {
            if (!_journeys.TryGetValue(key, out var same))
            {
                _journeys.Add(key, same = new Queue<Waiting>());
            }

            same.Enqueue(waiting);
        }

        _queue.Enqueue(waiting);
    }

    private void Flush(long now)
    {
        while (_queue.TryPeek(out var first)
            && (first.IsOver || _queue.Count > MostWaiting || now - first.Time > MostNanoseconds))
        {
            _queue.Dequeue();
            if (!first.IsOver && _journeys.TryGetValue(first.Key!.Value, out var same))
            {
                // The oldest of its kind goes first.
                same.Dequeue();
                if (same.Count == 0)
                {
                    _journeys.Remove(first.Key.Value);
                }
            }

            Write(first);
        }
    }

    /// <summary>What a segment of TCP carries, known by its first byte; <c>null</c> when that need not be sent again.</summary>
    private static (Flow Flow, uint Sequence)? DataOf(in PacketHeads heads) =>
        heads.Protocol == IpProtocol.Tcp && TcpSegment.TryRead(heads.Payload, out var segment)
            && (segment.Payload.Length > 0 || (segment.Flags & (TcpFlags.Syn | TcpFlags.Fin)) != 0)
            ? (Flow.Of(heads), segment.Sequence)
            : null;

    private void Write(Waiting waiting) =>
        file.Write(waiting.Interface, waiting.Bytes, FrameDirection.Unknown, waiting.Comment, waiting.Time);

    /// <summary>What every router leaves as it is.</summary>
    private readonly record struct Key(IpProtocol Protocol, InternetAddress Source, InternetAddress Destination, int Length, int Digest)
    {
        internal static Key Of(in PacketHeads heads)
        {
            var digest = new HashCode();
            digest.AddBytes(heads.Payload);
            return new(heads.Protocol, heads.Source, heads.Destination, heads.Payload.Length, digest.ToHashCode());
        }
    }

    private sealed class Waiting(int at, byte[] bytes, string comment, long time, Key? key)
    {
        internal int Interface => at;

        internal byte[] Bytes => bytes;

        internal string Comment { get; set; } = comment;

        internal long Time => time;

        /// <summary>By which it is known on other networks; <c>null</c> when its journey is over.</summary>
        internal Key? Key => key;

        internal bool IsOver { get; set; } = key is null;
    }

    private readonly record struct Flow(
        IpProtocol Protocol, InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
    {
        internal Flow Turned => new(Protocol, Destination, DestinationPort, Source, SourcePort);

        internal static Flow Of(in PacketHeads heads) =>
            new(heads.Protocol, heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort);
    }
}
