using Portolan.Firewall.Changing;

namespace Portolan.Reachability.Closing;

/// <summary>A port that is in use, and by whom.</summary>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="User">Who uses it, for people. Hostile text.</param>
public sealed record UsedPort(TransportProtocol Protocol, PortNumber Port, string User);

/// <summary>The policy that what is in use asks for: an allow for each port in use, and the default drop behind them.</summary>
public static class UsedPorts
{
    /// <summary>Beyond so many ports one rule for each would be no help to anybody; then there is one for each protocol.</summary>
    public const int MostRules = 64;

    /// <summary>The rules that are missing for it, the default drop last.</summary>
    /// <param name="state">Portolan's rules as they are.</param>
    /// <param name="used">The ports in use.</param>
    public static IReadOnlyList<OwnRule> Policy(OwnState state, IReadOnlyList<UsedPort> used)
    {
        var wanted = used
            .DistinctBy(u => (u.Protocol, u.Port))
            .OrderBy(u => u.Port.Value)
            .ThenBy(u => u.Protocol)
            .Where(u => !IsAllowed(state, u))
            .ToList();
        var rules = wanted.Count <= MostRules
            ? wanted.Select(u => Allow(u.Protocol, new PortSet(u.Port))).ToList()
            : wanted.GroupBy(u => u.Protocol).Select(g => Allow(g.Key, new PortSet([.. g.Select(u => u.Port)]))).ToList();
        if (state.DefaultDrop is not { PausedFor: null })
        {
            rules.Add(new OwnRule(0, OwnAction.Close, RuleScope.Everything));
        }

        return rules;
    }

    /// <summary>Rules that allow ports which nobody uses now.</summary>
    public static IEnumerable<OwnRule> Unused(OwnState state, IReadOnlyList<UsedPort> used) =>
        state.Rules.Where(
            r => r.Action == OwnAction.Allow && !used.Any(u => r.Scope.Protocols.Contains(u.Protocol) && r.Scope.Ports.Contains(u.Port)));

    /// <summary>
    /// Whether a rule that lasts says something about the port already: it is allowed, or a person has decided otherwise for it.
    /// </summary>
    private static bool IsAllowed(OwnState state, UsedPort used)
    {
        var whole = new RuleScope([used.Protocol], new PortSet(used.Port), AddressChoice.Any, AddressChoice.Any, null);
        return state.Rules.Any(
            r => r is
            {
                Action: not OwnAction.Close, PausedFor: null, Lifetime: null,
                Scope: { From.IsAny: true, To.IsAny: true, Interface: null }
            } && whole.IsWithin(r.Scope))
            || state.Rules.Any(r => r is { Action: OwnAction.Allow, PausedFor: null, Lifetime: null } && r.Scope.Overlaps(whole));
    }

    private static OwnRule Allow(TransportProtocol protocol, PortSet ports) =>
        new(0, OwnAction.Allow, new RuleScope([protocol], ports, AddressChoice.Any, AddressChoice.Any, null));
}
