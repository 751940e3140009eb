using Portolan.Firewall.Judging;
using Portolan.Firewall.Judging.Fields;
using Portolan.Packets;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>The header fields of the packet that is sent, chosen so that it is one of the packets that were judged.</summary>
internal sealed record PacketShape
{
    private const ushort DontFragment = 0x4000;
    private const int LargestPacket = 1500;
    private const uint UsualSequence = 0x504f5254;

    /// <summary>Options of a SYN, the usual ones first: a rule may want a shorter header.</summary>
    private static readonly byte[][] TcpOptions =
    [
        [2, 4, 0x05, 0xb4, 4, 2, 1, 1],
        [2, 4, 0x05, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 0, 1, 3, 3, 7],
        [2, 4, 0x05, 0xb4],
        [],
    ];

    internal byte TrafficClass { get; private init; }

    internal byte HopLimit { get; private init; } = 64;

    internal ushort Identification { get; private init; } = 0x5054;

    internal ushort Fragmentation { get; private init; }

    internal uint FlowLabel { get; private init; }

    internal uint Sequence { get; private init; } = UsualSequence;

    internal ushort Window { get; private init; } = 64240;

    internal ushort Urgent { get; private init; }

    internal byte[] Options { get; private init; } = TcpOptions[0];

    /// <summary>Bytes behind the transport header.</summary>
    internal int PayloadLength { get; private init; }

    /// <summary>The sender's address on the link; <c>null</c> for that of the far end.</summary>
    internal MacAddress? LinkSource { get; private init; }

    /// <summary>Chooses them.</summary>
    /// <param name="packet">The packet.</param>
    /// <param name="problem">Which field cannot be made; <c>null</c> when all can.</param>
    internal static PacketShape Of(ProofPacket packet, out string? problem)
    {
        problem = null;
        var chosen = new PacketShape { PayloadLength = packet.Protocol == 6 ? 0 : CraftedPacket.Payload.Length };
        if (packet.Direction != FlowDirection.Inbound)
        {
            problem = OfKernel(packet);
            return chosen;
        }

        var headers = packet.Headers;
        chosen = chosen with
        {
            TrafficClass = (byte)Choose(headers, HeaderField.TrafficClass, 0),
            HopLimit = (byte)Choose(headers, HeaderField.HopLimit, 64),
            Identification = (ushort)Choose(headers, HeaderField.Identification, chosen.Identification),
            FlowLabel = (uint)Choose(headers, HeaderField.FlowLabel, 0),
            Sequence = (uint)Choose(headers, HeaderField.TcpSequence, UsualSequence),
            Window = (ushort)Choose(headers, HeaderField.TcpWindow, chosen.Window),
            Urgent = (ushort)Choose(headers, HeaderField.TcpUrgent, 0),
            LinkSource = headers.TryGetValue(HeaderField.EtherSource, out var link) && !link.IsEmpty
                ? new MacAddress((ulong)link.Intervals[0].First)
                : null,
        };
        if (headers.TryGetValue(HeaderField.Fragmentation, out var fragmentation))
        {
            UInt128[] whole = [0, DontFragment, 0x8000, 0x8000 | DontFragment];
            var at = Array.FindIndex(whole, fragmentation.Contains);
            if (at < 0)
            {
                problem = "a fragment, which is not the first packet of a connection";
                return chosen;
            }

            chosen = chosen with { Fragmentation = (ushort)whole[at] };
        }

        foreach (var field in (ReadOnlySpan<HeaderField>)[HeaderField.TcpAcknowledgment, HeaderField.IcmpRest, HeaderField.SctpTag])
        {
            if (headers.ContainsKey(field))
            {
                problem = $"a packet with the {Name(field)} that the rules require";
                return chosen;
            }
        }

        return WithLengths(packet, chosen, ref problem);
    }

    private static PacketShape WithLengths(ProofPacket packet, PacketShape chosen, ref string? problem)
    {
        var options = packet.Protocol == 6 ? TcpOptions : [[]];
        foreach (var extended in (ReadOnlySpan<bool>)[false, true])
        {
            foreach (var list in options)
            {
                var header = (packet.IsIPv4 ? 20 : 40) + (packet.Protocol switch { 6 => 20 + list.Length, 17 => 8, 1 or 58 => 8, _ => 0 });
                for (var payload = chosen.PayloadLength; header
                    + payload <= (extended ? LargestPacket : header + chosen.PayloadLength); payload++)
                {
                    if (Fits(packet, header + payload, list))
                    {
                        return chosen with { Options = WithSegmentSize(packet, list), PayloadLength = payload };
                    }
                }
            }
        }

        problem = "a packet of the length that the rules require";
        return chosen;
    }

    private static bool Fits(ProofPacket packet, int total, ReadOnlySpan<byte> options)
    {
        var headers = packet.Headers;
        return Allows(headers, HeaderField.TotalLength, total)
            && Allows(headers, HeaderField.PayloadLength, total - 40)
            && Allows(headers, HeaderField.UdpLength, total - (packet.IsIPv4 ? 20 : 40))
            && Allows(headers, HeaderField.TcpOffset, (20 + options.Length) / 4 << 4)
            && Allows(headers, HeaderField.TcpOptions, (int)TcpOptionBits.Of(options));
    }

    // The options with the MSS that the rules want, where they want one.
    private static byte[] WithSegmentSize(ProofPacket packet, byte[] options)
    {
        if (options.Length < 4 || !packet.Headers.ContainsKey(HeaderField.TcpSegmentSize))
        {
            return options;
        }

        var size = (ushort)Choose(packet.Headers, HeaderField.TcpSegmentSize, 1460);
        return [2, 4, (byte)(size >> 8), (byte)size, .. options[4..]];
    }

    /// <summary>What the kernel sends from here is its own choice: only what it usually chooses can be counted on.</summary>
    private static string? OfKernel(ProofPacket packet)
    {
        foreach (var (field, set) in packet.Headers)
        {
            var isUsual = field switch
            {
                HeaderField.HopLimit => set.Contains(64),
                HeaderField.TrafficClass or HeaderField.TcpUrgent => set.Contains(0),
                HeaderField.Fragmentation => set.Contains(DontFragment),
                HeaderField.TotalLength =>
                    set.Contains(
                        packet.Protocol == 6
                            ? packet.IsIPv4 ? 60u : 80u
                            : (packet.IsIPv4 ? 28u : 48u) + (uint)CraftedPacket.Payload.Length),
                HeaderField.PayloadLength => set.Contains(packet.Protocol == 6 ? 40u : 8u + (uint)CraftedPacket.Payload.Length),
                HeaderField.UdpLength => set.Contains(8u + (uint)CraftedPacket.Payload.Length),
                HeaderField.TcpOffset => set.Contains(0xa0),
                HeaderField.TcpOptions => set.Contains(0xf),
                HeaderField.TcpSegmentSize => set.Contains(1460),
                _ => false,
            };
            if (!isUsual)
            {
                return $"a packet with the {Name(field)} that the rules require, which the kernel chooses";
            }
        }

        return null;
    }

    private static bool Allows(IReadOnlyDictionary<HeaderField, IntervalSet> headers, HeaderField field, int value) =>
        !headers.TryGetValue(field, out var set) || (value >= 0 && set.Contains((uint)value));

    /// <summary>The usual number where it is allowed, else the largest: a hop limit is used up on the way.</summary>
    private static UInt128 Choose(IReadOnlyDictionary<HeaderField, IntervalSet> headers, HeaderField field, UInt128 usual) =>
        !headers.TryGetValue(field, out var set) || set.IsEmpty || set.Contains(usual) ? usual : set.Intervals[^1].Last;

    private static string Name(HeaderField field) => field switch
    {
        HeaderField.TcpAcknowledgment => "acknowledgment number",
        HeaderField.IcmpRest => "second word of ICMP",
        HeaderField.SctpTag => "verification tag of SCTP",
        HeaderField.TrafficClass => "traffic class",
        HeaderField.HopLimit => "time to live",
        HeaderField.TotalLength or HeaderField.PayloadLength or HeaderField.UdpLength => "length",
        HeaderField.Identification => "identification",
        HeaderField.Fragmentation => "fragmentation bits",
        HeaderField.FlowLabel => "flow label",
        HeaderField.TcpSequence => "sequence number",
        HeaderField.TcpOffset => "data offset",
        HeaderField.TcpOptions => "set of TCP options",
        HeaderField.TcpSegmentSize => "MSS",
        HeaderField.TcpWindow => "window",
        HeaderField.TcpUrgent => "urgent pointer",
        _ => "sender's address on the link",
    };
}
