using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Reviewing;

/// <summary>
/// Finds rules that can never match, because an earlier rule of the same chain takes all that they ask for. What it finds is sure;
/// it does not find rules that only several others together leave nothing for.
/// </summary>
public sealed class ShadowFinder
{
    /// <summary>Chains with more rules are not looked at: every rule is compared with those before it.</summary>
    public const int MostRules = 3000;

    private readonly TableNames _table;
    private readonly Dictionary<string, bool> _writes = new(StringComparer.Ordinal);

    /// <summary>Looks at the chains of a table.</summary>
    public ShadowFinder(RuleTable table) => _table = new TableNames(table);

    /// <summary>For each rule of a chain the earlier one that takes its packets, or <c>null</c>.</summary>
    public IReadOnlyList<Rule?> Find(RuleChain chain)
    {
        var shadows = new Rule?[chain.Rules.Count];
        if (chain.Rules.Count > MostRules)
        {
            return shadows;
        }

        var earlier = new List<(Rule Rule, RuleConditions Conditions)>();
        for (var i = 0; i < shadows.Length; i++)
        {
            var conditions = RuleConditions.Of(_table, chain.Rules[i]);
            foreach (var (rule, taken) in earlier)
            {
                if (taken.Include(conditions))
                {
                    shadows[i] = rule;
                    break;
                }
            }

            // Behind a rule that changes packets, later rules test other values; a rule without conditions still leaves none.
            if (conditions.Writes || (conditions.Calls is { } name && Writes(name, 0)))
            {
                earlier.RemoveAll(e => e.Conditions.All.Count > 0);
            }

            if (conditions is { IsExact: true, IsFinal: true, Writes: false })
            {
                earlier.Add((chain.Rules[i], conditions));
            }
        }

        return shadows;
    }

    private bool Writes(string name, int depth)
    {
        if (_writes.TryGetValue(name, out var known))
        {
            return known;
        }

        var chain = _table.FindChain(name);
        var writes = chain is null || depth > 16 || chain.Rules.Any(r =>
        {
            var conditions = RuleConditions.Of(_table, r);
            return conditions.Writes || !IsReadOnly(r) || Targets(r).Any(t => Writes(t, depth + 1));
        });
        _writes[name] = writes;
        return writes;
    }

    // Only what is known to change nothing.
    private static bool IsReadOnly(Rule rule) => rule.Expressions.All(e => e is not (Rules.Expressions.UnknownExpression or Rules.Expressions.XtTargetExpression));

    private IEnumerable<string> Targets(Rule rule)
    {
        foreach (var expression in rule.Expressions)
        {
            if (expression is Rules.Expressions.ImmediateExpression { Verdict: { Kind: VerdictKind.Jump or VerdictKind.Goto, Chain: { } chain } })
            {
                yield return chain;
            }
            else if (expression is Rules.Expressions.LookupExpression { Destination.IsVerdict: true } lookup && _table.FindSet(lookup.SetName) is { } map)
            {
                foreach (var element in map.Elements)
                {
                    if (element.Extra?.Verdict?.Chain is { } target)
                    {
                        yield return target;
                    }
                }
            }
        }
    }
}
