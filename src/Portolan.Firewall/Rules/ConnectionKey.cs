namespace Portolan.Firewall.Rules;

/// <summary>Facts about a connection (NFT_CT_*).</summary>
public enum ConnectionKey : uint
{
    /// <summary>Bits: 1 invalid, 2 established, 4 related, 8 new, 64 untracked (NF_CT_STATE_BIT).</summary>
    State = 0,

    /// <summary>0 original, 1 reply.</summary>
    Direction = 1,

    /// <summary>IPS_* bits.</summary>
    Status = 2,

    /// <summary>Mark.</summary>
    Mark = 3,

    /// <summary>Security mark.</summary>
    SecurityMark = 4,

    /// <summary>ms left.</summary>
    Expiration = 5,

    /// <summary>Name of the helper.</summary>
    Helper = 6,

    /// <summary>NFPROTO_*.</summary>
    Layer3Protocol = 7,

    /// <summary>Source, either family.</summary>
    SourceAddress = 8,

    /// <summary>Destination, either family.</summary>
    DestinationAddress = 9,

    /// <summary>Protocol number.</summary>
    TransportProtocol = 10,

    /// <summary>Source port.</summary>
    SourcePort = 11,

    /// <summary>Destination port.</summary>
    DestinationPort = 12,

    /// <summary>128 bits.</summary>
    Labels = 13,

    /// <summary>Packets so far.</summary>
    Packets = 14,

    /// <summary>Bytes so far.</summary>
    Bytes = 15,

    /// <summary>Bytes per packet.</summary>
    AveragePacket = 16,

    /// <summary>Zone.</summary>
    Zone = 17,

    /// <summary>Events.</summary>
    EventMask = 18,

    /// <summary>IPv4 source.</summary>
    SourceIpv4 = 19,

    /// <summary>IPv4 destination.</summary>
    DestinationIpv4 = 20,

    /// <summary>IPv6 source.</summary>
    SourceIpv6 = 21,

    /// <summary>IPv6 destination.</summary>
    DestinationIpv6 = 22,

    /// <summary>Number.</summary>
    Id = 23,
}
