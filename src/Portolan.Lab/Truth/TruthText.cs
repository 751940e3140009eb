using Portolan.Lab.Topology;

namespace Portolan.Lab.Truth;

/// <summary>Why a port is as it is, in words.</summary>
internal static class TruthText
{
    /// <summary>Such as <c>open (http) on host web</c>.</summary>
    public static string Of(PortPolicy policy, string host) => policy switch
    {
        OpenPort open => $"open ({open.Service.Name}) on host {host}",
        TarpitPort => $"a tarpit on host {host}",
        ProxyPort => $"open (proxy) on host {host}",
        ExecPort => $"open (exec) on host {host}",
        SynProxyPort => $"a SYN proxy before host {host}",
        FilteredPort => $"filtered by host {host}",
        RejectedPort rejected => $"rejected by host {host} ({rejected.Kind.Name()})",
        RateLimitedPort limited => $"refused by host {host} ({limited.Refusal.Name()}), at most {limited.PerSecond} a second",
        FlappingPort => $"open and closed by turns on host {host}",
        KnockPort => $"open after knocking on host {host}",
        _ => $"closed on host {host}",
    };
}
