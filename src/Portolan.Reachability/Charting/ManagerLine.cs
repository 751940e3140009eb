using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Reachability.Charting;

/// <summary>Who manages the rules, in a few words.</summary>
public static class ManagerLine
{
    /// <summary>
    /// Such as <c>ufw (iptables-nft) + Docker</c>, <c>Portolan + nft</c>, or <c>nft</c>; empty when there are no rules. Rules that a person
    /// wrote decide beside those of programs, so they are named too; not those in the built-in chains of iptables, where programs put
    /// theirs.
    /// </summary>
    public static string Of(Ruleset rules)
    {
        var managers = RuleManagers.Of(rules).All;
        var hasProgram = managers.Any(static m => !m.IsHabit && !m.IsPortolan);
        var shown = managers.Where(
            m => !m.IsHabit || !hasProgram || (m.Name == "nft" && m.Chains.Any(static c => Decides(c.Chain)))).ToList();
        var backends = new HashSet<string>(StringComparer.Ordinal);
        return string.Join(
            " + ",
            shown.Select(m => Backend(m) is { } backend && backends.Add(backend) && m.Name != backend ? $"{m.Name} ({backend})" : m.Name));
    }

    /// <summary>Who made a rule, by name; or the rule's own label where nobody is known to have.</summary>
    internal static string Maker(RuleManagers managers, RuleReference rule, string label) =>
        managers.OwnerOf(rule) is { IsHabit: false } manager ? manager.Name : label;

    private static bool Decides(RuleChain chain) => chain.Rules.Count > 0 || chain.Hook?.Policy == VerdictKind.Drop;

    private static string? Backend(RuleManager manager)
    {
        foreach (var (table, chain) in manager.Chains)
        {
            if (table.IsLegacy)
            {
                return "iptables-legacy";
            }

            if (table.Family is RuleFamily.Ip or RuleFamily.Ip6
                && (table.Name is "filter" or "nat" or "mangle" or "raw"
                    || chain.Rules.Any(r => r.Expressions.Any(e => e is XtMatchExpression or XtTargetExpression))))
            {
                return manager.Name == "nft" ? null : "iptables-nft";
            }
        }

        return null;
    }
}
