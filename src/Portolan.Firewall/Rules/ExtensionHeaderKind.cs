namespace Portolan.Firewall.Rules;

/// <summary>Kinds of headers (NFT_EXTHDR_OP_*).</summary>
public enum ExtensionHeaderKind : uint
{
    /// <summary>IPv6 extension header.</summary>
    Ipv6 = 0,

    /// <summary>TCP option.</summary>
    TcpOption = 1,

    /// <summary>IPv4 option.</summary>
    Ipv4Option = 2,

    /// <summary>SCTP chunk.</summary>
    SctpChunk = 3,

    /// <summary>DCCP option.</summary>
    DccpOption = 4,
}
