using Portolan.Lab.Topology;

namespace Portolan.Lab.Truth;

/// <summary>Why a port is as it is, in words.</summary>
internal static class TruthText
{
    /// <summary>nftables' and nmap's words.</summary>
    public static string Of(RejectKind kind) => kind switch
    {
        RejectKind.PortUnreachable => "port-unreach",
        RejectKind.HostUnreachable => "host-unreach",
        RejectKind.NetworkUnreachable => "net-unreach",
        RejectKind.ProtocolUnreachable => "proto-unreach",
        RejectKind.NetworkProhibited => "net-prohibited",
        RejectKind.HostProhibited => "host-prohibited",
        RejectKind.AdminProhibited => "admin-prohibited",
        _ => "tcp-reset",
    };

    /// <summary>Such as <c>open (http) on host web</c>.</summary>
    public static string Of(PortPolicy policy, string host) => policy switch
    {
        OpenPort open => $"open ({open.Service.Name}) on host {host}",
        TarpitPort => $"a tarpit on host {host}",
        SynProxyPort => $"a SYN proxy before host {host}",
        FilteredPort => $"filtered by host {host}",
        RejectedPort rejected => $"rejected by host {host} ({Of(rejected.Kind)})",
        RateLimitedPort limited => $"refused by host {host} ({Of(limited.Refusal)}), at most {limited.PerSecond} a second",
        FlappingPort => $"open and closed by turns on host {host}",
        KnockPort => $"open after knocking on host {host}",
        _ => $"closed on host {host}",
    };
}
