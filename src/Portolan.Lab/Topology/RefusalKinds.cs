using Portolan.Packets;

namespace Portolan.Lab.Topology;

/// <summary>The words and the codes of <see cref="RefusalKind"/>.</summary>
public static class RefusalKinds
{
    /// <summary>The word: nftables' where it has one.</summary>
    public static string Name(this RefusalKind kind) => kind switch
    {
        RefusalKind.PortUnreachable => "port-unreachable",
        RefusalKind.HostUnreachable => "host-unreachable",
        RefusalKind.NetworkUnreachable => "net-unreachable",
        RefusalKind.ProtocolUnreachable => "prot-unreachable",
        RefusalKind.NetworkProhibited => "net-prohibited",
        RefusalKind.HostProhibited => "host-prohibited",
        RefusalKind.AdminProhibited => "admin-prohibited",
        RefusalKind.SourceRouteFailed => "source-route-failed",
        RefusalKind.NetworkUnknown => "net-unknown",
        RefusalKind.HostUnknown => "host-unknown",
        RefusalKind.HostIsolated => "host-isolated",
        RefusalKind.NetworkTypeOfService => "net-tos",
        RefusalKind.HostTypeOfService => "host-tos",
        RefusalKind.PrecedenceViolation => "precedence-violation",
        RefusalKind.PrecedenceCutoff => "precedence-cutoff",
        RefusalKind.BeyondScope => "beyond-scope",
        RefusalKind.PolicyFailed => "policy-fail",
        RefusalKind.RejectRoute => "reject-route",
        _ => "tcp-reset",
    };

    /// <summary>The codes of both families; of a RST those that UDP gets.</summary>
    internal static (IcmpUnreachableCode IPv4, Icmpv6UnreachableCode IPv6) Codes(this RefusalKind kind) => kind switch
    {
        RefusalKind.HostUnreachable => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.Address),
        RefusalKind.NetworkUnreachable => (IcmpUnreachableCode.Network, Icmpv6UnreachableCode.NoRoute),
        RefusalKind.ProtocolUnreachable => (IcmpUnreachableCode.Protocol, Icmpv6UnreachableCode.Port),
        RefusalKind.NetworkProhibited => (IcmpUnreachableCode.NetworkProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RefusalKind.HostProhibited => (IcmpUnreachableCode.HostProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RefusalKind.AdminProhibited => (IcmpUnreachableCode.AdministrativelyProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RefusalKind.SourceRouteFailed => (IcmpUnreachableCode.SourceRouteFailed, Icmpv6UnreachableCode.NoRoute),
        RefusalKind.NetworkUnknown => (IcmpUnreachableCode.NetworkUnknown, Icmpv6UnreachableCode.NoRoute),
        RefusalKind.HostUnknown => (IcmpUnreachableCode.HostUnknown, Icmpv6UnreachableCode.Address),
        RefusalKind.HostIsolated => (IcmpUnreachableCode.SourceHostIsolated, Icmpv6UnreachableCode.NoRoute),
        RefusalKind.NetworkTypeOfService => (IcmpUnreachableCode.NetworkTypeOfService, Icmpv6UnreachableCode.NoRoute),
        RefusalKind.HostTypeOfService => (IcmpUnreachableCode.HostTypeOfService, Icmpv6UnreachableCode.Address),
        RefusalKind.PrecedenceViolation => (IcmpUnreachableCode.PrecedenceViolation, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RefusalKind.PrecedenceCutoff => (IcmpUnreachableCode.PrecedenceCutoff, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RefusalKind.BeyondScope => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.BeyondScope),
        RefusalKind.PolicyFailed => (IcmpUnreachableCode.AdministrativelyProhibited, Icmpv6UnreachableCode.SourcePolicy),
        RefusalKind.RejectRoute => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.RejectRoute),
        _ => (IcmpUnreachableCode.Port, Icmpv6UnreachableCode.Port),
    };
}
