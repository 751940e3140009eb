namespace Portolan.Lab.Topology;

/// <summary>What a host does with what comes to a port. One record for each policy.</summary>
public abstract record PortPolicy
{
    /// <summary>A RST, or port unreachable.</summary>
    public static PortPolicy Closed { get; } = new ClosedPort();

    /// <summary>Silence.</summary>
    public static PortPolicy Filtered { get; } = new FilteredPort();

    /// <summary>Accepts and says nothing.</summary>
    public static PortPolicy Open { get; } = new OpenPort(ServiceSpec.Mute);
}

/// <summary>A service listens.</summary>
/// <param name="Service">Which.</param>
public sealed record OpenPort(ServiceSpec Service) : PortPolicy;

/// <summary>Nothing listens: RST, or ICMP port unreachable.</summary>
public sealed record ClosedPort : PortPolicy;

/// <summary>Every packet to it is dropped.</summary>
public sealed record FilteredPort : PortPolicy;

/// <summary>Every packet to it is refused with an error, as a host's firewall does.</summary>
/// <param name="Kind">The error.</param>
public sealed record RejectedPort(RefusalKind Kind) : PortPolicy;

/// <summary>Answers a RST or an ICMP error so many times a second, for all such ports of the host together; beyond that silence.</summary>
/// <param name="Refusal">How it refuses.</param>
/// <param name="PerSecond">How often, at least 1.</param>
public sealed record RateLimitedPort(RefusalKind Refusal, int PerSecond) : PortPolicy;

/// <summary>Open and closed by turns, drawn from the seed for each span of time.</summary>
/// <param name="Service">What listens while it is open.</param>
/// <param name="Period">The span.</param>
/// <param name="OpenShare">The part of the spans in which it is open, 0 to 1.</param>
public sealed record FlappingPort(ServiceSpec Service, TimeSpan Period, double OpenShare) : PortPolicy;

/// <summary>Accepts, never reads, and sends a byte now and then, so that a client hangs.</summary>
/// <param name="Interval">Between two bytes.</param>
public sealed record TarpitPort(TimeSpan Interval) : PortPolicy;

/// <summary>
/// A SYN proxy answers for the host: every handshake completes, then the connection is reset unless the port behind it is open.
/// </summary>
/// <param name="Behind">What is behind it; <c>null</c> for nothing.</param>
public sealed record SynProxyPort(ServiceSpec? Behind) : PortPolicy;

/// <summary>Filtered until the sender has knocked at some ports in order.</summary>
/// <param name="Knocks">The ports, in order.</param>
/// <param name="Service">What listens then.</param>
/// <param name="OpenFor">How long it is open to him after the last knock.</param>
public sealed record KnockPort(IReadOnlyList<PortNumber> Knocks, ServiceSpec Service, TimeSpan OpenFor) : PortPolicy;

/// <summary>
/// Each connection is passed on to a Unix socket of the machine that the lab runs on. Only where the lab may reach outside.
/// </summary>
/// <param name="Path">The socket's file.</param>
public sealed record ProxyPort(string Path) : PortPolicy;

/// <summary>A program is run for each connection, which is its stdin and stdout. Only where the lab may reach outside.</summary>
/// <param name="Command">The program and its arguments: a path, or a name that is looked for in PATH.</param>
public sealed record ExecPort(IReadOnlyList<string> Command) : PortPolicy;

/// <summary>A service and its settings, such as <c>http</c> with the text of its page.</summary>
/// <param name="Name">Its name in the catalogue of services.</param>
/// <param name="Settings">What it is told; which there are is each service's matter.</param>
public sealed record ServiceSpec(string Name, IReadOnlyDictionary<string, string> Settings)
{
    /// <summary>Accepts and says nothing; of UDP: takes and answers nothing.</summary>
    public static ServiceSpec Mute { get; } = new("mute");

    /// <summary>A service without settings.</summary>
    public ServiceSpec(string name)
        : this(name, new Dictionary<string, string>(StringComparer.Ordinal))
    {
    }
}

/// <summary>
/// The errors with which a port or a packet is refused: all codes of destination unreachable but "fragmentation needed" (RFC 792, RFC 1812
/// section 5.2.7.1, RFC 4443 section 3.1). Each family has the code that is nearest.
/// </summary>
public enum RefusalKind : byte
{
    /// <summary>ICMP 3/3, ICMPv6 1/4.</summary>
    PortUnreachable,

    /// <summary>ICMP 3/1, ICMPv6 1/3 (address unreachable).</summary>
    HostUnreachable,

    /// <summary>ICMP 3/0, ICMPv6 1/0 (no route).</summary>
    NetworkUnreachable,

    /// <summary>ICMP 3/2, ICMPv6 1/4.</summary>
    ProtocolUnreachable,

    /// <summary>ICMP 3/9, ICMPv6 1/1.</summary>
    NetworkProhibited,

    /// <summary>ICMP 3/10, ICMPv6 1/1.</summary>
    HostProhibited,

    /// <summary>ICMP 3/13, ICMPv6 1/1.</summary>
    AdminProhibited,

    /// <summary>A RST, as if nothing listened; UDP gets port unreachable.</summary>
    TcpReset,

    /// <summary>ICMP 3/5, ICMPv6 1/0.</summary>
    SourceRouteFailed,

    /// <summary>ICMP 3/6, ICMPv6 1/0.</summary>
    NetworkUnknown,

    /// <summary>ICMP 3/7, ICMPv6 1/3.</summary>
    HostUnknown,

    /// <summary>ICMP 3/8 (the source is isolated), ICMPv6 1/0.</summary>
    HostIsolated,

    /// <summary>ICMP 3/11 (no way to the network for this type of service), ICMPv6 1/0.</summary>
    NetworkTypeOfService,

    /// <summary>ICMP 3/12 (no way to the host for this type of service), ICMPv6 1/3.</summary>
    HostTypeOfService,

    /// <summary>ICMP 3/14, ICMPv6 1/1.</summary>
    PrecedenceViolation,

    /// <summary>ICMP 3/15, ICMPv6 1/1.</summary>
    PrecedenceCutoff,

    /// <summary>ICMPv6 1/2 (beyond the scope of the source address), ICMP 3/1.</summary>
    BeyondScope,

    /// <summary>ICMPv6 1/5 (the source address failed a policy), ICMP 3/13.</summary>
    PolicyFailed,

    /// <summary>ICMPv6 1/6 (a route that rejects), ICMP 3/1.</summary>
    RejectRoute,
}

/// <summary>Which services there are behind policies.</summary>
public static class PolicyServices
{
    /// <summary>Whether it has something outside the lab speak: a program, or a server behind a Unix socket.</summary>
    public static bool ReachesOutside(this PortPolicy policy) => policy is ProxyPort or ExecPort;

    /// <summary>The service that a client may meet there; <c>null</c> when there is none.</summary>
    public static ServiceSpec? FindService(this PortPolicy policy) => policy switch
    {
        OpenPort open => open.Service,
        FlappingPort flapping => flapping.Service,
        KnockPort knock => knock.Service,
        SynProxyPort proxy => proxy.Behind,
        _ => null,
    };
}
