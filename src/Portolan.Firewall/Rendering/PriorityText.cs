using System.Globalization;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering;

/// <summary>
/// Priorities of hooks by the names that nft has for them (linux/netfilter_ipv4.h: NF_IP_PRI_*, linux/netfilter_bridge.h: NF_BR_PRI_*).
/// </summary>
internal static class PriorityText
{
    private const int Near = 10;

    /// <summary><c>filter</c>, <c>filter + 10</c>, or the number.</summary>
    public static string Of(RuleFamily family, HookPoint point, int priority)
    {
        foreach (var (name, value) in Names(family, point))
        {
            if (priority == value)
            {
                return name;
            }

            if (Math.Abs((long)priority - value) <= Near)
            {
                return string.Create(CultureInfo.InvariantCulture, $"{name} {(priority > value ? '+' : '-')} {Math.Abs(priority - value)}");
            }
        }

        return priority.ToString(CultureInfo.InvariantCulture);
    }

    private static (string, int)[] Names(RuleFamily family, HookPoint point) => (family, point) switch
    {
        (RuleFamily.Bridge, HookPoint.Prerouting) => [("dstnat", -300), ("filter", -200)],
        (RuleFamily.Bridge, HookPoint.Output) => [("filter", -200), ("out", 100)],
        (RuleFamily.Bridge, HookPoint.Postrouting) => [("filter", -200), ("srcnat", 300)],
        (RuleFamily.Bridge, _) => [("filter", -200)],
        (RuleFamily.Arp or RuleFamily.NetDevice, _) or (_, HookPoint.Ingress or HookPoint.Egress) => [("filter", 0)],
        (_, HookPoint.Prerouting) => [("raw", -300), ("mangle", -150), ("dstnat", -100), ("filter", 0), ("security", 50)],
        (_, HookPoint.Postrouting) => [("raw", -300), ("mangle", -150), ("filter", 0), ("security", 50), ("srcnat", 100)],
        _ => [("raw", -300), ("mangle", -150), ("filter", 0), ("security", 50)],
    };
}
