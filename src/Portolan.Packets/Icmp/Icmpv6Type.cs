namespace Portolan.Packets;

/// <summary>The types of ICMPv6 messages (IANA icmpv6-parameters). Those below 128 are errors.</summary>
public enum Icmpv6Type : byte
{
    /// <summary>A packet could not be delivered; the code says why.</summary>
    DestinationUnreachable = 1,

    /// <summary>A packet is larger than the next hop's MTU.</summary>
    PacketTooBig = 2,

    /// <summary>A packet's hops or a reassembly's time ran out.</summary>
    TimeExceeded = 3,

    /// <summary>A header could not be understood.</summary>
    ParameterProblem = 4,

    /// <summary>Ping.</summary>
    EchoRequest = 128,

    /// <summary>The answer to a ping.</summary>
    EchoReply = 129,

    /// <summary>A router asks who listens to multicast (RFC 2710, RFC 9777 section 5.1).</summary>
    MulticastListenerQuery = 130,

    /// <summary>A listener of version 1 (RFC 2710).</summary>
    MulticastListenerReport = 131,

    /// <summary>A listener of version 1 leaves (RFC 2710).</summary>
    MulticastListenerDone = 132,

    /// <summary>Asks for routers (RFC 4861 section 4.1).</summary>
    RouterSolicitation = 133,

    /// <summary>A router speaks (RFC 4861 section 4.2).</summary>
    RouterAdvertisement = 134,

    /// <summary>Who has the target address? (RFC 4861 section 4.3).</summary>
    NeighbourSolicitation = 135,

    /// <summary>I have it (RFC 4861 section 4.4).</summary>
    NeighbourAdvertisement = 136,

    /// <summary>There is a better first hop (RFC 4861 section 4.5).</summary>
    Redirect = 137,

    /// <summary>A listener of version 2 (RFC 9777 section 5.2).</summary>
    MulticastListenerReportV2 = 143,
}

/// <summary>The codes of <see cref="Icmpv6Type.DestinationUnreachable"/> (RFC 4443 section 3.1).</summary>
public enum Icmpv6UnreachableCode : byte
{
    /// <summary>No way there.</summary>
    NoRoute = 0,

    /// <summary>A filter forbids it.</summary>
    AdministrativelyProhibited = 1,

    /// <summary>The destination is beyond the scope of the source address.</summary>
    BeyondScope = 2,

    /// <summary>No way to the host.</summary>
    Address = 3,

    /// <summary>Nothing listens on the port.</summary>
    Port = 4,

    /// <summary>The source address failed a policy.</summary>
    SourcePolicy = 5,

    /// <summary>The router has a reject route to the destination (RFC 4443 section 3.1).</summary>
    RejectRoute = 6,
}
