using Portolan.Packets;

namespace Portolan.Lab.Topology;

/// <summary>The words and the codes of <see cref="RejectKind"/>.</summary>
public static class RejectKinds
{
    /// <summary>The word: nftables' where it has one.</summary>
    public static string Name(this RejectKind kind) => kind switch
    {
        RejectKind.PortUnreachable => "port-unreachable",
        RejectKind.HostUnreachable => "host-unreachable",
        RejectKind.NetworkUnreachable => "net-unreachable",
        RejectKind.ProtocolUnreachable => "prot-unreachable",
        RejectKind.NetworkProhibited => "net-prohibited",
        RejectKind.HostProhibited => "host-prohibited",
        RejectKind.AdminProhibited => "admin-prohibited",
        RejectKind.SourceRouteFailed => "source-route-failed",
        RejectKind.NetworkUnknown => "net-unknown",
        RejectKind.HostUnknown => "host-unknown",
        RejectKind.HostIsolated => "host-isolated",
        RejectKind.NetworkTypeOfService => "net-tos",
        RejectKind.HostTypeOfService => "host-tos",
        RejectKind.PrecedenceViolation => "precedence-violation",
        RejectKind.PrecedenceCutoff => "precedence-cutoff",
        RejectKind.BeyondScope => "beyond-scope",
        RejectKind.PolicyFailed => "policy-fail",
        RejectKind.RejectRoute => "reject-route",
        _ => "tcp-reset",
    };

    /// <summary>The codes of both families; of a RST those that UDP gets.</summary>
    internal static (IcmpUnreachableCode IPv4, Icmpv6UnreachableCode IPv6) Codes(this RejectKind kind) => kind switch
    {
        RejectKind.HostUnreachable => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.Address),
        RejectKind.NetworkUnreachable => (IcmpUnreachableCode.Network, Icmpv6UnreachableCode.NoRoute),
        RejectKind.ProtocolUnreachable => (IcmpUnreachableCode.Protocol, Icmpv6UnreachableCode.Port),
        RejectKind.NetworkProhibited => (IcmpUnreachableCode.NetworkProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RejectKind.HostProhibited => (IcmpUnreachableCode.HostProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RejectKind.AdminProhibited => (IcmpUnreachableCode.AdministrativelyProhibited, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RejectKind.SourceRouteFailed => (IcmpUnreachableCode.SourceRouteFailed, Icmpv6UnreachableCode.NoRoute),
        RejectKind.NetworkUnknown => (IcmpUnreachableCode.NetworkUnknown, Icmpv6UnreachableCode.NoRoute),
        RejectKind.HostUnknown => (IcmpUnreachableCode.HostUnknown, Icmpv6UnreachableCode.Address),
        RejectKind.HostIsolated => (IcmpUnreachableCode.SourceHostIsolated, Icmpv6UnreachableCode.NoRoute),
        RejectKind.NetworkTypeOfService => (IcmpUnreachableCode.NetworkTypeOfService, Icmpv6UnreachableCode.NoRoute),
        RejectKind.HostTypeOfService => (IcmpUnreachableCode.HostTypeOfService, Icmpv6UnreachableCode.Address),
        RejectKind.PrecedenceViolation => (IcmpUnreachableCode.PrecedenceViolation, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RejectKind.PrecedenceCutoff => (IcmpUnreachableCode.PrecedenceCutoff, Icmpv6UnreachableCode.AdministrativelyProhibited),
        RejectKind.BeyondScope => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.BeyondScope),
        RejectKind.PolicyFailed => (IcmpUnreachableCode.AdministrativelyProhibited, Icmpv6UnreachableCode.SourcePolicy),
        RejectKind.RejectRoute => (IcmpUnreachableCode.Host, Icmpv6UnreachableCode.RejectRoute),
        _ => (IcmpUnreachableCode.Port, Icmpv6UnreachableCode.Port),
    };
}
