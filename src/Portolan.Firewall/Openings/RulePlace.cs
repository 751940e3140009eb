using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Openings;

/// <summary>Where a new rule goes.</summary>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Before">The rule that it goes before, or <c>null</c> for the end of the chain.</param>
public sealed record RulePlace(RuleTable Table, RuleChain Chain, Rule? Before)
{
    /// <summary>How many rules of the chain stand before it.</summary>
    public int Index
    {
        get
        {
            for (var i = 0; Before is not null && i < Chain.Rules.Count; i++)
            {
                if (ReferenceEquals(Chain.Rules[i], Before))
                {
                    return i;
                }
            }

            return Chain.Rules.Count;
        }
    }

    /// <summary>The ruleset with a rule there.</summary>
    public Ruleset With(Ruleset rules, Rule rule) =>
        Edit(rules, chains => [.. chains.Select(c => IsChain(c) ? c with { Rules = Inserted(c, rule) } : c)]);

    /// <summary>The ruleset without the rule that stands there.</summary>
    public Ruleset Deleted(
        Ruleset rules) =>
            Edit(
                rules,
                chains =>
                    [.. chains.Select(c => IsChain(c) ? c with { Rules = [.. c.Rules.Where(r => !ReferenceEquals(r, Before))] } : c)]);

    /// <summary>The ruleset in which packets pass over the rule that stands there, and go on behind it as if it were not.</summary>
    /// <param name="rules">The rules.</param>
    /// <param name="skipping">Makes the rule that has them go on elsewhere.</param>
    public Ruleset Without(Ruleset rules, Func<RuleVerdict, Rule> skipping)
    {
        if (Before is null)
        {
            return rules;
        }

        // A chain that is gone to is left as the chain that went: to who called that one, or to the policy.
        var rest = $"\0rest {Table.Chains.Count(static c => c.Name.StartsWith('\0'))}";
        var index = Index;
        return Edit(rules, chains =>
        [
            .. chains.Select(c => IsChain(c) ? c with { Rules = Inserted(c, skipping(new RuleVerdict(VerdictKind.Goto, rest))) } : c),
            .. chains.Any(c => c.Name == rest)
                ? Array.Empty<RuleChain>()
                : [new RuleChain(Chain.Family, Chain.TableName, rest, 0) { Rules = [.. Chain.Rules.Skip(index + 1)] }],
        ]);
    }

    private List<Rule> Inserted(RuleChain chain, Rule rule) => [.. chain.Rules.Take(Index), rule, .. chain.Rules.Skip(Index)];

    private bool IsChain(RuleChain chain) => chain.Name == Chain.Name;

    private Ruleset Edit(Ruleset rules, Func<IReadOnlyList<RuleChain>, IReadOnlyList<RuleChain>> edit) => rules with
    {
        Tables = [.. rules.Tables.Select(
            t => t.Family == Table.Family && t.Name == Table.Name && t.IsLegacy == Table.IsLegacy
                ? t with { Chains = edit(t.Chains) }
                : t)],
    };
}
