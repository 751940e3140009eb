using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Reviewing;

/// <summary>
/// Finds rules that can never match, because an earlier rule of the same chain takes all that they ask for. What it finds is sure;
/// it does not find rules that only several others together leave nothing for.
/// </summary>
internal sealed class ShadowFinder(TableConditions table, WorkBudget work)
{
    /// <summary>
    /// Chains with more rules are not looked at: every rule is compared with those before it. Nor are more when the work is used up.
    /// </summary>
    public const int MostRules = 3000;

    /// <summary>Chains that were not looked at.</summary>
    public List<RuleChain> Skipped { get; } = [];

    private const int MostDepth = 16;

    private readonly Dictionary<string, bool> _writes = new(StringComparer.Ordinal);

    /// <summary>For each rule of a chain the earlier one that takes its packets, or <c>null</c>.</summary>
    public IReadOnlyList<Rule?> Find(RuleChain chain)
    {
        var shadows = new Rule?[chain.Rules.Count];
        if (chain.Rules.Count > MostRules)
        {
            Skipped.Add(chain);
            return shadows;
        }

        var earlier = new List<(Rule Rule, RuleConditions Conditions)>();
        for (var i = 0; i < shadows.Length && !work.IsUsedUp; i++)
        {
            var conditions = table.Of(chain.Rules[i]);
            work.Take(earlier.Count);
            foreach (var (rule, taken) in earlier)
            {
                if (work.IsUsedUp)
                {
                    break;
                }

                if (taken.Include(conditions, work))
                {
                    shadows[i] = rule;
                    break;
                }
            }

            // Behind a rule that changes packets, later rules test other values; a rule without conditions still leaves none.
            if (conditions.Writes || CallsWriter(chain.Rules[i], 0))
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

        var chain = table.FindChain(name);
        var writes = chain is null || depth > MostDepth
            || chain.Rules.Any(r => table.Of(r).Writes || !IsReadOnly(r) || CallsWriter(r, depth + 1));
        _writes[name] = writes;
        return writes;
    }

    // Only what is known to change nothing.
    private static bool IsReadOnly(Rule rule) => rule.Expressions.All(e => e is not (UnknownExpression or XtTargetExpression));

    private bool CallsWriter(Rule rule, int depth)
    {
        foreach (var expression in rule.Expressions)
        {
            if (expression is ImmediateExpression { Verdict: { Kind: VerdictKind.Jump or VerdictKind.Goto, Chain: { } chain } }
                && Writes(chain, depth))
            {
                return true;
            }

            // Which chains a map of verdicts calls is only known where all of it is.
            if (expression is LookupExpression { Destination.IsVerdict: true } lookup
                && (table.FindSet(lookup.SetName) is not { IsPartial: false } map
                    || map.Elements.Any(e => e.Extra?.Verdict?.Chain is { } target && Writes(target, depth))))
            {
                return true;
            }
        }

        return false;
    }
}
