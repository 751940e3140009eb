using Portolan.Lab.Topology;

namespace Portolan.Lab.Truth;

/// <summary>What the rules of a router make of probes that it passes on.</summary>
internal static class RuleWalk
{
    /// <summary>Judges probes.</summary>
    /// <param name="router">The router.</param>
    /// <param name="source">Where they come from.</param>
    /// <param name="destination">Where they go.</param>
    /// <param name="protocol">Their protocol; <c>null</c> for one without ports (ICMP), which only rules for every protocol match.</param>
    /// <param name="ports">Their destination ports.</param>
    /// <param name="refused">Hears which are not allowed, by what action, and why.</param>
    /// <returns>Those that are allowed.</returns>
    public static PortSet Pass(
        RouterSpec router, InternetAddress source, InternetAddress destination, TransportProtocol? protocol, PortSet ports,
        Action<PortSet, FirewallAction, string> refused)
    {
        if (router.Rules.Count == 0 && router.DefaultAction.Kind == FirewallActionKind.Allow)
        {
            return ports;
        }

        var left = ports.Clone();
        var passed = new PortSet();
        for (var i = 0; i < router.Rules.Count && !left.IsEmpty; i++)
        {
            var rule = router.Rules[i];
            if (Matches(rule, source, destination, protocol))
            {
                var hit = rule.Ports is { } own ? left & own : left.Clone();
                left -= hit;
                Decide(hit, rule.Action, $"rule {i + 1} of router {router.Name}");
            }
        }

        Decide(left, router.DefaultAction, $"the default of router {router.Name}");
        return passed;

        void Decide(PortSet hit, FirewallAction action, string who)
        {
            if (hit.IsEmpty)
            {
                return;
            }

            if (action.Kind == FirewallActionKind.Allow)
            {
                passed.UnionWith(hit);
            }
            else
            {
                refused(
                    hit, action, action.Kind == FirewallActionKind.Drop ? $"{who} drops it" : $"{who} rejects it ({action.Error.Name()})");
            }
        }
    }

    private static bool Matches(FirewallRule rule, InternetAddress source, InternetAddress destination, TransportProtocol? protocol) =>
        (rule.Protocol is null || rule.Protocol == protocol)
        && (rule.Ports is null || protocol is not null)
        && rule.From?.Contains(source) != false
        && rule.To?.Contains(destination) != false;
}
