namespace Portolan.Lab.Topology;

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
