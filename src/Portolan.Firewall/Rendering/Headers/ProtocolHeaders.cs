using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Headers;

/// <summary>The headers that nft knows by name.</summary>
internal static class ProtocolHeaders
{
    public static readonly ProtocolHeader Ether = new("ether", PayloadBase.LinkLayer, 0,
    [
        new("daddr", 0, 48, DataTypes.Ethernet), new("saddr", 48, 48, DataTypes.Ethernet), new("type", 96, 16, DataTypes.EtherType),
    ]);

    public static readonly ProtocolHeader Vlan = new("vlan", PayloadBase.LinkLayer, 0x8100,
    [
        new("pcp", 112, 3, DataTypes.Integer), new("dei", 115, 1, DataTypes.Integer), new("id", 116, 12, DataTypes.Integer),
        new("type", 128, 16, DataTypes.EtherType),
    ]);

    public static readonly ProtocolHeader Arp = new("arp", PayloadBase.Network, 0x0806,
    [
        new("htype", 0, 16, DataTypes.Integer), new("ptype", 16, 16, DataTypes.EtherType), new("hlen", 32, 8, DataTypes.Integer),
        new("plen", 40, 8, DataTypes.Integer), new("operation", 48, 16, DataTypes.ArpOperation),
        new("saddr ether", 64, 48, DataTypes.Ethernet),
        new("saddr ip", 112, 32, DataTypes.Ipv4), new("daddr ether", 144, 48, DataTypes.Ethernet), new("daddr ip", 192, 32, DataTypes.Ipv4),
    ]);

    public static readonly ProtocolHeader Ip = new("ip", PayloadBase.Network, 0x0800,
    [
        new("version", 0, 4, DataTypes.Integer), new("hdrlength", 4, 4, DataTypes.Integer), new("dscp", 8, 6, DataTypes.Dscp),
        new("ecn", 14, 2, DataTypes.Ecn),
        new("length", 16, 16, DataTypes.Integer), new("id", 32, 16, DataTypes.Integer), new("frag-off", 48, 16, DataTypes.Integer),
        new("ttl", 64, 8, DataTypes.Integer), new("protocol", 72, 8, DataTypes.Protocol), new("checksum", 80, 16, DataTypes.Integer),
        new("saddr", 96, 32, DataTypes.Ipv4), new("daddr", 128, 32, DataTypes.Ipv4),
    ]);

    public static readonly ProtocolHeader Ip6 = new("ip6", PayloadBase.Network, 0x86dd,
    [
        new("version", 0, 4, DataTypes.Integer), new("dscp", 4, 6, DataTypes.Dscp), new("ecn", 10, 2, DataTypes.Ecn),
        new("flowlabel", 12, 20, DataTypes.Integer),
        new("length", 32, 16, DataTypes.Integer), new("nexthdr", 48, 8, DataTypes.Protocol), new("hoplimit", 56, 8, DataTypes.Integer),
        new("saddr", 64, 128, DataTypes.Ipv6), new("daddr", 192, 128, DataTypes.Ipv6),
    ]);

    public static readonly ProtocolHeader Icmp = new("icmp", PayloadBase.Transport, 1,
    [
        new("type", 0, 8, DataTypes.IcmpType), new("code", 8, 8, DataTypes.IcmpCode), new("checksum", 16, 16, DataTypes.Integer),
        new("id", 32, 16, DataTypes.Integer, 0, 8), new("sequence", 48, 16, DataTypes.Integer, 0, 8),
        new("gateway", 32, 32, DataTypes.Ipv4, 5), new("mtu", 48, 16, DataTypes.Integer, 3),
    ])
    { Below = Ip };

    public static readonly ProtocolHeader Igmp = new("igmp", PayloadBase.Transport, 2,
    [
        new("type", 0, 8, DataTypes.IgmpType), new("mrt", 8, 8, DataTypes.Integer), new("checksum", 16, 16, DataTypes.Integer),
        new("group", 32, 32, DataTypes.Ipv4),
    ])
    { Below = Ip };

    public static readonly ProtocolHeader Icmpv6 = new("icmpv6", PayloadBase.Transport, 58,
    [
        new("type", 0, 8, DataTypes.Icmpv6Type), new("code", 8, 8, DataTypes.Icmpv6Code), new("checksum", 16, 16, DataTypes.Integer),
        new("id", 32, 16, DataTypes.Integer, 128, 129), new("sequence", 48, 16, DataTypes.Integer, 128, 129),
        new("mtu", 32, 32, DataTypes.Integer, 2),
    ])
    { Below = Ip6 };

    public static readonly ProtocolHeader Tcp = new("tcp", PayloadBase.Transport, 6,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port), new("sequence", 32, 32, DataTypes.Integer),
        new("ackseq", 64, 32, DataTypes.Integer), new("doff", 96, 4, DataTypes.Integer), new("reserved", 100, 4, DataTypes.Integer),
        new("flags", 104, 8, DataTypes.TcpFlags), new("window", 112, 16, DataTypes.Integer), new("checksum", 128, 16, DataTypes.Integer),
        new("urgptr", 144, 16, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader Udp = new("udp", PayloadBase.Transport, 17,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port), new("length", 32, 16, DataTypes.Integer),
        new("checksum", 48, 16, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader UdpLite = new("udplite", PayloadBase.Transport, 136,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port), new("csumcov", 32, 16, DataTypes.Integer),
        new("checksum", 48, 16, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader Dccp = new("dccp", PayloadBase.Transport, 33,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port), new("type", 67, 4, DataTypes.DccpType),
    ]);

    public static readonly ProtocolHeader Sctp = new("sctp", PayloadBase.Transport, 132,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port), new("vtag", 32, 32, DataTypes.Integer),
        new("checksum", 64, 32, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader Ah = new("ah", PayloadBase.Transport, 51,
    [
        new("nexthdr", 0, 8, DataTypes.Protocol), new("hdrlength", 8, 8, DataTypes.Integer), new("reserved", 16, 16, DataTypes.Integer),
        new("spi", 32, 32, DataTypes.Integer), new("sequence", 64, 32, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader Esp = new("esp", PayloadBase.Transport, 50,
    [
        new("spi", 0, 32, DataTypes.Integer), new("sequence", 32, 32, DataTypes.Integer),
    ]);

    public static readonly ProtocolHeader Comp = new("comp", PayloadBase.Transport, 108,
    [
        // nft 1.0.6 aborts on `comp nexthdr`.
        new("flags", 8, 8, DataTypes.Raw), new("cpi", 16, 16, DataTypes.Integer),
    ]);

    /// <summary>What TCP, UDP, SCTP, DCCP and UDP-Lite share.</summary>
    public static readonly ProtocolHeader Transport = new("th", PayloadBase.Transport, 0,
    [
        new("sport", 0, 16, DataTypes.Port), new("dport", 16, 16, DataTypes.Port),
    ]);

    private static readonly ProtocolHeader[] Transports = [Icmp, Igmp, Tcp, Udp, Dccp, Esp, Ah, Icmpv6, Comp, Sctp, UdpLite];

    /// <summary>The header of a protocol number, or <c>null</c>.</summary>
    public static ProtocolHeader? ForTransport(int number) => Array.Find(Transports, h => h.Number == number);

    /// <summary>The header of an EtherType, or <c>null</c>.</summary>
    public static ProtocolHeader? ForNetwork(int etherType) => etherType switch
    {
        0x0800 => Ip,
        0x86dd => Ip6,
        0x0806 => Arp,
        _ => null,
    };
}
