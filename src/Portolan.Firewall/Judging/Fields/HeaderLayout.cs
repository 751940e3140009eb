using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Fields;

/// <summary>Where the fields of headers are, to turn a load of bytes into fields.</summary>
/// <remarks>
/// RFC 791, 8200, 9293, 768, 9260, 792, 4443. The packets asked about have no IP options and no extension headers, and are no fragments.
/// </remarks>
internal sealed class HeaderLayout
{
    private const int EthernetBits = 14 * 8;

    private readonly (int Start, BitSegment Segment)[] _network;
    private readonly (int Start, BitSegment Segment)[] _transport;
    private readonly (int Start, BitSegment Segment)[] _link;
    private readonly int _networkBits;
    private readonly Dictionary<(int Header, int Offset, int Length), BitValue> _made = [];

    public HeaderLayout(bool isIPv4, byte protocol)
    {
        _network = isIPv4 ? IPv4(protocol) : IPv6(protocol);
        _networkBits = isIPv4 ? 160 : 320;
        _transport = Transport(protocol);
        _link =
        [
            (48, Field(PacketField.EtherSource, 48)),
            (96, BitSegment.Constant(isIPv4 ? 0x0800u : 0x86ddu, 16)),
        ];
    }

    /// <summary>Bytes of the Ethernet header and what follows.</summary>
    public BitValue Link(int offset, int length)
    {
        if (!_made.TryGetValue((0, offset, length), out var value))
        {
            var list = new BitList();
            Append(list, _link, EthernetBits, offset * 8, length * 8, "it tests the link-layer header", AppendNetwork);
            _made.Add((0, offset, length), value = list.ToValue());
        }

        return value;
    }

    /// <summary>Bytes of the IP header and what follows.</summary>
    public BitValue Network(int offset, int length)
    {
        if (!_made.TryGetValue((1, offset, length), out var value))
        {
            var list = new BitList();
            AppendNetwork(list, offset * 8, length * 8);
            _made.Add((1, offset, length), value = list.ToValue());
        }

        return value;
    }

    /// <summary>Bytes of the header above IP and what follows.</summary>
    public BitValue Transport(int offset, int length)
    {
        if (!_made.TryGetValue((2, offset, length), out var value))
        {
            var list = new BitList();
            AppendTransport(list, offset * 8, length * 8);
            _made.Add((2, offset, length), value = list.ToValue());
        }

        return value;
    }

    private void AppendNetwork(BitList list, int start, int width) =>
        Append(list, _network, _networkBits, start, width, "it tests a header field that is not modelled", AppendTransport);

    private void AppendTransport(BitList list, int start, int width) =>
        Append(list, _transport, int.MaxValue, start, width, "it tests the packet's payload", static (_, _, _) => { });

    private static void Append(
        BitList list,
        (int Start, BitSegment Segment)[] layout,
        int end,
        int start,
        int width,
        string why,
        Action<BitList, int, int> behind)
    {
        var at = start;
        var stop = start + width;
        foreach (var (fieldStart, segment) in layout)
        {
            if (at >= stop || at >= end)
            {
                break;
            }

            var fieldEnd = fieldStart + segment.Width;
            if (fieldEnd <= at)
            {
                continue;
            }

            if (fieldStart > at)
            {
                var gap = Math.Min(fieldStart, stop) - at;
                AppendUnknown(list, gap, why);
                at += gap;
            }

            if (at < stop)
            {
                var take = Math.Min(fieldEnd, stop) - at;
                list.Append(segment.Slice(at - fieldStart, take));
                at += take;
            }
        }

        if (at < stop && at < end)
        {
            var gap = Math.Min(stop, end) - at;
            AppendUnknown(list, gap, why);
            at += gap;
        }

        if (at < stop)
        {
            behind(list, at - end, stop - at);
        }
    }

    private static void AppendUnknown(BitList list, int width, string why)
    {
        for (; width > 0; width -= 128)
        {
            list.Append(BitSegment.Unknown(Math.Min(width, 128), why));
        }
    }

    private static BitSegment Field(PacketField field, int width) => BitSegment.Of(field, 0, width);

    private static (int Start, BitSegment Segment)[] IPv4(byte protocol) =>
    [
        (0, BitSegment.Constant(0x45, 8)),
        (8, Field(PacketField.TrafficClass, 8)),
        (16, BitSegment.Of(PacketField.TotalLength, 0, 16)),
        (32, Field(PacketField.Identification, 16)),
        (48, Field(PacketField.Fragmentation, 16)),
        (64, Field(PacketField.HopLimit, 8)),
        (72, BitSegment.Constant(protocol, 8)),
        (96, Field(PacketField.SourceAddress, 32)),
        (128, Field(PacketField.DestinationAddress, 32)),
    ];

    private static (int Start, BitSegment Segment)[] IPv6(byte protocol) =>
    [
        (0, BitSegment.Constant(6, 4)),
        (4, Field(PacketField.TrafficClass, 8)),
        (12, Field(PacketField.FlowLabel, 20)),
        (32, Field(PacketField.PayloadLength, 16)),
        (48, BitSegment.Constant(protocol, 8)),
        (56, Field(PacketField.HopLimit, 8)),
        (64, Field(PacketField.SourceAddress, 128)),
        (192, Field(PacketField.DestinationAddress, 128)),
    ];

    private static (int Start, BitSegment Segment)[] Transport(byte protocol) => protocol switch
    {
        6 =>
        [
            (0, Field(PacketField.SourcePort, 16)),
            (16, Field(PacketField.DestinationPort, 16)),
            (32, Field(PacketField.TcpSequence, 32)),
            (64, Field(PacketField.TcpAcknowledgment, 32)),
            (96, Field(PacketField.TcpOffset, 8)),
            (104, Field(PacketField.TcpFlags, 8)),
            (112, Field(PacketField.TcpWindow, 16)),
            (144, Field(PacketField.TcpUrgent, 16)),
        ],
        17 or 136 =>
        [
            (0, Field(PacketField.SourcePort, 16)),
            (16, Field(PacketField.DestinationPort, 16)),
            (32, Field(PacketField.UdpLength, 16)),
        ],
        132 =>
        [
            (0, Field(PacketField.SourcePort, 16)),
            (16, Field(PacketField.DestinationPort, 16)),
            (32, Field(PacketField.SctpTag, 32)),
        ],
        33 =>
        [
            (0, Field(PacketField.SourcePort, 16)),
            (16, Field(PacketField.DestinationPort, 16)),
        ],
        1 or 58 =>
        [
            (0, Field(PacketField.IcmpType, 8)),
            (8, Field(PacketField.IcmpCode, 8)),
            (32, Field(PacketField.IcmpRest, 32)),
        ],
        _ => [],
    };
}
