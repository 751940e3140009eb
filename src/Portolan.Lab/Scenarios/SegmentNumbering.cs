using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Scenarios;

/// <summary>The numbers of a segment as Wireshark shows them.</summary>
/// <param name="Sequence">Its sequence number, counted from the SYN of its direction, which has 0.</param>
/// <param name="Acknowledgment">What it acknowledges, counted from the SYN of the other direction; <c>null</c> without ACK.</param>
/// <param name="Window">How many bytes more its sender takes: scaled (RFC 7323) where both SYNs were seen and offer it.</param>
internal readonly record struct SegmentNumbers(uint Sequence, uint? Acknowledgment, uint Window);

/// <summary>Relative sequence numbers and whole windows of a scenario's segments: each pair of sockets counts from its own SYNs.</summary>
/// <remarks>Where no SYN was seen the first segment of a direction has the number 1, as if one had come just before.</remarks>
internal sealed class SegmentNumbering
{
    /// <summary>RFC 7323 section 2.3: a larger shift counts as this one.</summary>
    private const int MostShift = 14;

    private readonly Dictionary<PacketRecord, SegmentNumbers> _numbers = new(ReferenceEqualityComparer.Instance);
    private readonly Dictionary<Ends, Direction> _directions = [];

    /// <summary>Numbers packets.</summary>
    /// <param name="packets">All that crossed networks, in their order.</param>
    internal SegmentNumbering(IEnumerable<PacketRecord> packets)
    {
        foreach (var packet in packets)
        {
            if (PacketHeads.TryRead(packet.Bytes, out var heads) && heads is { Protocol: IpProtocol.Tcp, IsLaterFragment: false }
                && TcpSegment.TryRead(heads.Payload, out var segment))
            {
                _numbers.Add(packet, Number(new Ends(heads.Source, heads.SourcePort, heads.Destination, heads.DestinationPort), segment));
            }
        }
    }

    /// <summary>The numbers of a packet; <c>null</c> when it is no segment.</summary>
    internal SegmentNumbers? Of(PacketRecord packet) => _numbers.TryGetValue(packet, out var numbers) ? numbers : null;

    private SegmentNumbers Number(in Ends ends, in TcpSegment segment)
    {
        var (own, other) = (DirectionOf(ends), DirectionOf(ends.Turned));
        var isSyn = (segment.Flags & TcpFlags.Syn) != 0;
        var hasAck = (segment.Flags & TcpFlags.Ack) != 0;
        if (isSyn)
        {
            if (own.HasSyn && own.First != segment.Sequence && !hasAck)
            {
                // Another connection between the same two sockets.
                other.Forget();
            }

            (own.HasSyn, own.First) = (true, segment.Sequence);
            own.Shift = segment.Options.WindowScale is { } shift ? Math.Min((int)shift, MostShift) : null;
        }

        own.First ??= segment.Sequence - 1;
        if (hasAck)
        {
            other.First ??= segment.Acknowledgment - 1;
        }

        var isScaled = !isSyn && own.Shift is not null && other.Shift is not null;
        return new SegmentNumbers(
            segment.Sequence - own.First.Value,
            hasAck ? segment.Acknowledgment - other.First!.Value : null,
            (uint)segment.Window << (isScaled ? own.Shift!.Value : 0));
    }

    private Direction DirectionOf(in Ends ends)
    {
        if (!_directions.TryGetValue(ends, out var direction))
        {
            _directions.Add(ends, direction = new Direction());
        }

        return direction;
    }

    private sealed class Direction
    {
        /// <summary>The sequence number that counts as 0.</summary>
        internal uint? First { get; set; }

        internal bool HasSyn { get; set; }

        /// <summary>By how many bits its windows are scaled, when both offer it.</summary>
        internal int? Shift { get; set; }

        internal void Forget() => (First, HasSyn, Shift) = (null, false, null);
    }

    private readonly record struct Ends(InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
    {
        internal Ends Turned => new(Destination, DestinationPort, Source, SourcePort);
    }
}
