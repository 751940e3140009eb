namespace Portolan.Lab.Services.Dhcp;

/// <summary>What a message of DHCP is (RFC 2132 section 9.6).</summary>
internal enum DhcpKind : byte
{
    /// <summary>None: a message of BOOTP, or no message.</summary>
    None = 0,

    /// <summary>A client looks for servers.</summary>
    Discover = 1,

    /// <summary>A server has an address for it.</summary>
    Offer = 2,

    /// <summary>A client wants the address that was offered, or the one it has for longer.</summary>
    Request = 3,

    /// <summary>A client found that another host has the address.</summary>
    Decline = 4,

    /// <summary>A server gives the address.</summary>
    Ack = 5,

    /// <summary>A server says that the client cannot have the address.</summary>
    Nak = 6,

    /// <summary>A client needs its address no longer.</summary>
    Release = 7,

    /// <summary>A client that has an address wants all else.</summary>
    Inform = 8,
}

/// <summary>The options of DHCP that a lab knows (RFC 2132).</summary>
internal enum DhcpOption : byte
{
    /// <summary>Nothing, to fill up.</summary>
    Pad = 0,

    /// <summary>The mask of the network.</summary>
    SubnetMask = 1,

    /// <summary>The routers of the network.</summary>
    Router = 3,

    NameServer = 6,

    /// <summary>The client's name.</summary>
    HostName = 12,

    /// <summary>The domain of names.</summary>
    DomainName = 15,

    /// <summary>The address of all on the network.</summary>
    BroadcastAddress = 28,

    /// <summary>The address that a client would like.</summary>
    RequestedAddress = 50,

    /// <summary>How many seconds an address may be used.</summary>
    LeaseTime = 51,

    /// <summary>That the fields for names hold options too.</summary>
    Overload = 52,

    MessageType = 53,

    ServerIdentifier = 54,

    /// <summary>What a client asks for.</summary>
    ParameterList = 55,

    /// <summary>Why, in words.</summary>
    Message = 56,

    /// <summary>After how many seconds the client asks its server for more time (T1).</summary>
    RenewalTime = 58,

    /// <summary>After how many seconds the client asks all servers for more time (T2).</summary>
    RebindingTime = 59,

    /// <summary>Who the client is, when its hardware address does not say it.</summary>
    ClientIdentifier = 61,

    End = 255,
}
