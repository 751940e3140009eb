namespace Portolan.Firewall.Rendering.Headers;

/// <summary>Something that a match reports about the headers of the packets that pass it.</summary>
/// <param name="Kind">By which field it is told.</param>
/// <param name="Value">The field's value.</param>
internal readonly record struct HeaderFact(HeaderFactKind Kind, int Value);

/// <summary>Which field tells it.</summary>
internal enum HeaderFactKind
{
    /// <summary><c>meta iiftype</c>: 1 for Ethernet.</summary>
    LinkType,

    /// <summary><c>meta nfproto</c>.</summary>
    NetfilterProtocol,

    /// <summary><c>meta protocol</c>.</summary>
    MetaProtocol,

    /// <summary><c>ether type</c>.</summary>
    EtherType,

    /// <summary><c>vlan type</c>.</summary>
    VlanType,

    /// <summary><c>meta l4proto</c>.</summary>
    MetaTransport,

    /// <summary><c>ip protocol</c>.</summary>
    IpProtocol,

    /// <summary><c>ip6 nexthdr</c>.</summary>
    Ip6NextHeader,

    /// <summary><c>icmp type</c> or <c>icmpv6 type</c>.</summary>
    IcmpType,
}
