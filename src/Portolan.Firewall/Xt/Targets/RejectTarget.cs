using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Xt.Targets;

/// <summary>Drops the packet and answers it (linux/netfilter_ipv4/ipt_REJECT.h, linux/netfilter_ipv6/ip6t_REJECT.h).</summary>
/// <param name="Kind">With what.</param>
/// <param name="Code">Code of ICMP or ICMPv6 destination unreachable.</param>
public sealed record RejectTarget(RejectKind Kind, byte Code) : XtTarget
{
    private const uint NetProhibitedIPv4 = 5; // IPT_ICMP_NET_PROHIBITED
    private const uint HostProhibitedIPv4 = 6; // IPT_ICMP_HOST_PROHIBITED
    private const uint ResetIPv4 = 7; // IPT_TCP_RESET
    private const uint AdminProhibitedIPv4 = 8; // IPT_ICMP_ADMIN_PROHIBITED
    private const uint ResetIPv6 = 6; // IP6T_TCP_RESET
    private const uint PolicyIPv6 = 7; // IP6T_ICMP6_POLICY_FAIL
    private const uint RouteIPv6 = 8; // IP6T_ICMP6_REJECT_ROUTE

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("REJECT", 0, 0, Decode)];

    private static RejectTarget? Decode(XtPayload payload)
    {
        const int Size = 4;
        if (!payload.Has(Size))
        {
            return null;
        }

        var with = payload.UInt32(0);
        if (payload.Family == RuleFamily.Ip6)
        {
            return with switch
            {
                ResetIPv6 => new RejectTarget(RejectKind.TcpReset, 0),
                <= 4 => new RejectTarget(RejectKind.IcmpUnreachable, (byte)with),
                PolicyIPv6 => new RejectTarget(RejectKind.IcmpUnreachable, 5),
                RouteIPv6 => new RejectTarget(RejectKind.IcmpUnreachable, 6),
                _ => null,
            };
        }

        return with switch
        {
            ResetIPv4 => new RejectTarget(RejectKind.TcpReset, 0),
            <= 3 => new RejectTarget(RejectKind.IcmpUnreachable, (byte)with),
            NetProhibitedIPv4 => new RejectTarget(RejectKind.IcmpUnreachable, 9),
            HostProhibitedIPv4 => new RejectTarget(RejectKind.IcmpUnreachable, 10),
            AdminProhibitedIPv4 => new RejectTarget(RejectKind.IcmpUnreachable, 13),
            _ => null,
        };
    }
}
