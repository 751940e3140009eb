namespace Portolan.Firewall.Rules;

/// <summary>How a packet is refused (NFT_REJECT_*).</summary>
public enum RejectKind : uint
{
    /// <summary>ICMP or ICMPv6 destination unreachable.</summary>
    IcmpUnreachable = 0,

    /// <summary>TCP RST.</summary>
    TcpReset = 1,

    /// <summary>Either family's ICMP: 0 no route, 1 port unreachable, 2 host unreachable, 3 administratively prohibited.</summary>
    IcmpX = 2,
}
