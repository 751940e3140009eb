using Portolan.Firewall.Judging.Fields;

namespace Portolan.Firewall.Judging;

/// <summary>
/// The packets of an ordinary client: what the usual operating systems send to open a first connection, or as a first datagram, and what
/// they send next. Questions about reach are answered for this set; packets outside of it are exceptions (docs/explain.md lists the set).
/// </summary>
/// <remarks>
/// Source ports: RFC 6056 section 3.2, which address translators keep to as well. Hop limits: 64 or 128 less up to 32 routers.
/// Options and window of a SYN: Linux, Windows, macOS, the BSDs and lwIP. Fields that are not named may be anything.
/// </remarks>
public static class OrdinaryClient
{
    private const byte Tcp = 6;
    private const byte Udp = 17;
    private const byte Sctp = 132;
    private const byte UdpLite = 136;
    private const byte Dccp = 33;
    private const uint Ethernet = 1500;

    private static readonly IntervalSet EphemeralPorts = IntervalSet.Of(1024, ushort.MaxValue);
    private static readonly IntervalSet Zero = IntervalSet.Of(0);

    // A data offset of 6 to 11 words, the reserved bits zero.
    private static readonly IntervalSet OpeningOffsets =
        IntervalSet.From(Enumerable.Range(6, 6).Select(static words => One((uint)words << 4)));
    private static readonly IntervalSet LaterOffsets =
        IntervalSet.From(Enumerable.Range(5, 11).Select(static words => One((uint)words << 4)));
    private static readonly IntervalSet Windows = IntervalSet.Of(2048, ushort.MaxValue);
    private static readonly IntervalSet SegmentSizes = IntervalSet.Of(536, 9176);

    // An MSS always; a window scale, "SACK permitted" and timestamps or not; nothing else.
    private static readonly IntervalSet OpeningOptions =
        IntervalSet.From(Enumerable.Range(0, 8).Select(static bits => One((uint)(bits << 1) | TcpOptionBits.SegmentSize)));
    private static readonly IntervalSet LaterOptions = IntervalSet.Of(0).Union(IntervalSet.Of(TcpOptionBits.Timestamps));

    /// <summary>Paths have no more routers: a packet that may pass so many gets as far as any other.</summary>
    public const int MostRouters = 32;

    /// <summary>TTLs and hop limits that packets arrive with.</summary>
    public static IntervalSet HopLimits { get; } = IntervalSet.From([new(64 - MostRouters, 64), new(128 - MostRouters, 128)]);

    /// <summary>What a field of the first packet may be; <c>null</c> for anything.</summary>
    /// <param name="field">The field.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="isIPv4">The family.</param>
    internal static IntervalSet? Opening(PacketField field, byte protocol, bool isIPv4)
    {
        var isDatagram = protocol is Udp or UdpLite;
        return (field, protocol) switch
        {
            (PacketField.SourcePort, Tcp or Udp or UdpLite or Sctp or Dccp) => EphemeralPorts,
            (PacketField.HopLimit, _) => HopLimits,
            (PacketField.TrafficClass, Tcp) => Zero,
            (PacketField.TotalLength, Tcp) => isIPv4 ? IntervalSet.Of(44, 64) : IntervalSet.Of(64, 84),
            (PacketField.PayloadLength, Tcp) => IntervalSet.Of(24, 44),
            (PacketField.TotalLength, _) =>
                isDatagram ? IntervalSet.Of(isIPv4 ? 28u : 48u, Ethernet) : IntervalSet.Of(isIPv4 ? 20u : 40u, Ethernet),
            (PacketField.PayloadLength, _) => IntervalSet.Of(isDatagram ? 8u : 0, Ethernet - 40),
            (PacketField.UdpLength, _) => IntervalSet.Of(8, Ethernet - (isIPv4 ? 20u : 40u)),
            (PacketField.TcpAcknowledgment or PacketField.TcpUrgent, Tcp) => Zero,
            (PacketField.TcpOffset, Tcp) => OpeningOffsets,
            (PacketField.TcpWindow, Tcp) => Windows,
            (PacketField.TcpOptions, Tcp) => OpeningOptions,
            (PacketField.TcpSegmentSize, Tcp) => SegmentSizes,
            (PacketField.SctpTag, Sctp) => Zero,
            _ => null,
        };
    }

    /// <summary>What a field of a packet may be that the client sends later, or that answers one of its packets.</summary>
    /// <param name="field">The field.</param>
    /// <param name="protocol">IP protocol number.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="mayOpen">Whether it may be the answer to the first packet, with the options of a SYN.</param>
    internal static IntervalSet Later(PacketField field, byte protocol, bool isIPv4, bool mayOpen) => (field, protocol) switch
    {
        (PacketField.HopLimit, _) => HopLimits,
        (PacketField.TotalLength, Tcp) => IntervalSet.Of(isIPv4 ? 40u : 60u, Ethernet),
        (PacketField.PayloadLength, Tcp) => IntervalSet.Of(20, Ethernet - 40),
        (PacketField.TotalLength or PacketField.PayloadLength or PacketField.UdpLength, _) => Opening(field, protocol, isIPv4)!,
        (PacketField.TcpUrgent, Tcp) => Zero,
        (PacketField.TcpOffset, Tcp) => LaterOffsets,
        (PacketField.TcpOptions, Tcp) => mayOpen ? OpeningOptions.Union(LaterOptions) : LaterOptions,
        (PacketField.TcpSegmentSize, Tcp) => SegmentSizes,
        _ => OpenFields.All(field, isIPv4),
    };

    /// <summary>The length of the smallest of all these packets, from the header of IP on.</summary>
    /// <param name="context">Their family and protocol.</param>
    internal static uint SmallestPacket(Compiling.JudgeContext context) =>
        (uint)Later(PacketField.TotalLength, context.Protocol, context.IsIPv4, mayOpen: false).Intervals[0].First;

    private static Interval One(uint value) => new(value, value);
}
