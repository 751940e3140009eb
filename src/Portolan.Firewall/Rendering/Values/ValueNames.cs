namespace Portolan.Firewall.Rendering.Values;

/// <summary>
/// nft's words for numbers of packets and connections. Only words that nft has built in, for lists such as /etc/protocols may differ or
/// lack.
/// </summary>
internal static class ValueNames
{
    /// <summary>IP_CT_* states as bits (NF_CT_STATE_BIT).</summary>
    public static readonly IReadOnlyList<(ulong, string)> States = [
        (1, "invalid"), (2, "established"), (4, "related"), (8, "new"), (64, "untracked")];

    /// <summary>IPS_* bits (nf_conntrack_common.h).</summary>
    public static readonly IReadOnlyList<(ulong, string)> Statuses =
        [(1, "expected"), (2, "seen-reply"), (4, "assured"), (8, "confirmed"), (16, "snat"), (32, "dnat"), (512, "dying")];

    /// <summary>RFC 9293, RFC 3168.</summary>
    public static readonly IReadOnlyList<(ulong, string)> TcpFlags =
        [(1, "fin"), (2, "syn"), (4, "rst"), (8, "psh"), (16, "ack"), (32, "urg"), (64, "ecn"), (128, "cwr")];

    /// <summary>IPCT_* as bits.</summary>
    public static readonly IReadOnlyList<(ulong, string)> Events =
    [
        (1, "new"), (2, "related"), (4, "destroy"), (8, "reply"), (16, "assured"), (32, "protoinfo"), (64, "helper"), (128, "mark"),
        (256, "seqadj"),
        (512, "secmark"), (1024, "label"),
    ];

    public static string? NetfilterProtocol(ulong value) => value switch { 2 => "ipv4", 10 => "ipv6", _ => null };

    public static string? EtherType(ulong value) => value switch
    {
        0x0800 => "ip",
        0x0806 => "arp",
        0x86dd => "ip6",
        0x8100 => "vlan",
        _ => null,
    };

    public static string? ArpOperation(ulong value) => value switch
    {
        1 => "request",
        2 => "reply",
        3 => "rrequest",
        4 => "rreply",
        8 => "inrequest",
        9 => "inreply",
        10 => "nak",
        _ => null,
    };

    public static string? Protocol(ulong value) => value switch
    {
        1 => "icmp",
        2 => "igmp",
        6 => "tcp",
        17 => "udp",
        33 => "dccp",
        50 => "esp",
        51 => "ah",
        58 => "icmpv6",
        108 => "comp",
        132 => "sctp",
        136 => "udplite",
        _ => null,
    };

    public static string? IcmpType(ulong value) => value switch
    {
        0 => "echo-reply",
        3 => "destination-unreachable",
        4 => "source-quench",
        5 => "redirect",
        8 => "echo-request",
        9 => "router-advertisement",
        10 => "router-solicitation",
        11 => "time-exceeded",
        12 => "parameter-problem",
        13 => "timestamp-request",
        14 => "timestamp-reply",
        15 => "info-request",
        16 => "info-reply",
        17 => "address-mask-request",
        18 => "address-mask-reply",
        _ => null,
    };

    public static string? IcmpCode(ulong value) => value switch
    {
        0 => "net-unreachable",
        1 => "host-unreachable",
        2 => "prot-unreachable",
        3 => "port-unreachable",
        4 => "frag-needed",
        9 => "net-prohibited",
        10 => "host-prohibited",
        13 => "admin-prohibited",
        _ => null,
    };

    public static string? Icmpv6Type(ulong value) => value switch
    {
        1 => "destination-unreachable",
        2 => "packet-too-big",
        3 => "time-exceeded",
        4 => "parameter-problem",
        128 => "echo-request",
        129 => "echo-reply",
        130 => "mld-listener-query",
        131 => "mld-listener-report",
        132 => "mld-listener-done",
        133 => "nd-router-solicit",
        134 => "nd-router-advert",
        135 => "nd-neighbor-solicit",
        136 => "nd-neighbor-advert",
        137 => "nd-redirect",
        138 => "router-renumbering",
        141 => "ind-neighbor-solicit",
        142 => "ind-neighbor-advert",
        143 => "mld2-listener-report",
        _ => null,
    };

    public static string? Icmpv6Code(ulong value) => value switch
    {
        0 => "no-route",
        1 => "admin-prohibited",
        3 => "addr-unreachable",
        4 => "port-unreachable",
        5 => "policy-fail",
        6 => "reject-route",
        _ => null,
    };

    public static string? IcmpxCode(ulong value) => value switch
    {
        0 => "no-route",
        1 => "port-unreachable",
        2 => "host-unreachable",
        3 => "admin-prohibited",
        _ => null,
    };

    public static string? IgmpType(ulong value) => value switch
    {
        0x11 => "membership-query",
        0x12 => "membership-report-v1",
        0x16 => "membership-report-v2",
        0x17 => "leave-group",
        0x22 => "membership-report-v3",
        _ => null,
    };

    public static string? DccpType(ulong value) => value switch
    {
        0 => "request",
        1 => "response",
        2 => "data",
        3 => "ack",
        4 => "dataack",
        5 => "closereq",
        6 => "close",
        7 => "reset",
        8 => "sync",
        9 => "syncack",
        _ => null,
    };

    public static string? HardwareType(ulong value) => value switch
    {
        1 => "ether",
        512 => "ppp",
        768 => "ipip",
        769 => "ipip6",
        772 => "loopback",
        776 => "sit",
        778 => "ipgre",
        _ => null,
    };

    public static string? Direction(ulong value) => value switch { 0 => "original", 1 => "reply", _ => null };

    public static string? PacketType(ulong value) => value switch
    {
        0 => "host",
        1 => "broadcast",
        2 => "multicast",
        3 => "other",
        _ => null,
    };

    public static string? Ecn(ulong value) => value switch { 0 => "not-ect", 1 => "ect1", 2 => "ect0", 3 => "ce", _ => null };

    public static string? AddressKind(ulong value) => value switch
    {
        0 => "unspec",
        1 => "unicast",
        2 => "local",
        3 => "broadcast",
        4 => "anycast",
        5 => "multicast",
        6 => "blackhole",
        7 => "unreachable",
        8 => "prohibit",
        _ => null,
    };

    /// <summary>RFC 2474, RFC 2597, RFC 3246.</summary>
    public static string? Dscp(ulong value) => value switch
    {
        0 => "cs0",
        8 => "cs1",
        16 => "cs2",
        24 => "cs3",
        32 => "cs4",
        40 => "cs5",
        48 => "cs6",
        56 => "cs7",
        10 => "af11",
        12 => "af12",
        14 => "af13",
        18 => "af21",
        20 => "af22",
        22 => "af23",
        26 => "af31",
        28 => "af32",
        30 => "af33",
        34 => "af41",
        36 => "af42",
        38 => "af43",
        46 => "ef",
        _ => null,
    };
}
