namespace Portolan.Packets;

/// <summary>What an IP packet carries (IANA protocol-numbers); the IPv6 extension headers share the numbers (RFC 8200 section 4).</summary>
public enum IpProtocol : byte
{
    /// <summary>IPv6 hop-by-hop options.</summary>
    HopByHopOptions = 0,

    /// <summary>ICMP (RFC 792).</summary>
    Icmp = 1,

    /// <summary>IGMP (RFC 9776).</summary>
    Igmp = 2,

    /// <summary>TCP (RFC 9293).</summary>
    Tcp = 6,

    /// <summary>UDP (RFC 768).</summary>
    Udp = 17,

    /// <summary>IPv6 routing header.</summary>
    Routing = 43,

    /// <summary>IPv6 fragment header.</summary>
    Fragment = 44,

    /// <summary>Encapsulating security payload (RFC 4303): what follows is encrypted.</summary>
    EncapsulatingSecurityPayload = 50,

    /// <summary>Authentication header (RFC 4302).</summary>
    Authentication = 51,

    /// <summary>ICMPv6 (RFC 4443).</summary>
    Icmpv6 = 58,

    /// <summary>Nothing follows.</summary>
    NoNextHeader = 59,

    /// <summary>IPv6 destination options.</summary>
    DestinationOptions = 60,

    /// <summary>SCTP (RFC 9260).</summary>
    Sctp = 132,
}
