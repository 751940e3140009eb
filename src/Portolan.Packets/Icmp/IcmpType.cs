namespace Portolan.Packets;

/// <summary>The types of ICMP messages (IANA icmp-parameters).</summary>
public enum IcmpType : byte
{
    /// <summary>The answer to an echo request.</summary>
    EchoReply = 0,

    /// <summary>A packet could not be delivered; the code says why.</summary>
    DestinationUnreachable = 3,

    /// <summary>Slow down (deprecated, RFC 6633).</summary>
    SourceQuench = 4,

    /// <summary>There is a better gateway.</summary>
    Redirect = 5,

    /// <summary>Ping.</summary>
    EchoRequest = 8,

    /// <summary>A packet's hops or a reassembly's time ran out.</summary>
    TimeExceeded = 11,

    /// <summary>A header could not be understood.</summary>
    ParameterProblem = 12,

    /// <summary>Asks for the time.</summary>
    TimestampRequest = 13,

    /// <summary>Reports the time.</summary>
    TimestampReply = 14,

    /// <summary>Asks for the netmask (deprecated, RFC 6918).</summary>
    AddressMaskRequest = 17,

    /// <summary>Reports the netmask (deprecated, RFC 6918).</summary>
    AddressMaskReply = 18,
}

/// <summary>
/// The codes of <see cref="IcmpType.DestinationUnreachable"/> (RFC 792, RFC 1122 section 3.2.2.1, RFC 1812 section 5.2.7.1).
/// </summary>
public enum IcmpUnreachableCode : byte
{
    /// <summary>No way to the network.</summary>
    Network = 0,

    /// <summary>No way to the host.</summary>
    Host = 1,

    /// <summary>The host does not speak the transport protocol.</summary>
    Protocol = 2,

    /// <summary>Nothing listens on the port.</summary>
    Port = 3,

    /// <summary>Too big, and may not be split; names the next hop's MTU (RFC 1191).</summary>
    FragmentationNeeded = 4,

    /// <summary>The source route in the packet's options could not be followed (RFC 792).</summary>
    SourceRouteFailed = 5,

    /// <summary>The network is unknown.</summary>
    NetworkUnknown = 6,

    /// <summary>Nobody knows the host.</summary>
    HostUnknown = 7,

    /// <summary>The source is isolated (obsolete).</summary>
    SourceHostIsolated = 8,

    /// <summary>The network is forbidden.</summary>
    NetworkProhibited = 9,

    /// <summary>The host is forbidden.</summary>
    HostProhibited = 10,

    /// <summary>No way to the network for this type of service.</summary>
    NetworkTypeOfService = 11,

    /// <summary>No way to the host for this type of service.</summary>
    HostTypeOfService = 12,

    /// <summary>A filter forbids it.</summary>
    AdministrativelyProhibited = 13,

    /// <summary>The precedence is not permitted.</summary>
    PrecedenceViolation = 14,

    /// <summary>The precedence is below what is let through.</summary>
    PrecedenceCutoff = 15,
}
