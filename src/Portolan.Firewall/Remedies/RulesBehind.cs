using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Remedies;

/// <summary>
/// The rules with those left out that stop certain packets, one after the other: an accept in front of the first passes over all of them,
/// and over any ban or limit among them.
/// </summary>
/// <param name="rules">The rules as they are.</param>
/// <param name="judge">Judges packets.</param>
/// <param name="decider">The first rule that stops the packets.</param>
/// <param name="passages">The packets.</param>
/// <param name="protective">Knows the calls among the chains of its table.</param>
internal sealed class RulesBehind(
    Ruleset rules, RulesJudge judge, RuleReference decider, IReadOnlyList<Passage> passages, ProtectiveRules protective)
{
    private readonly RuleReference _decider = AsIn(rules, decider);
    private readonly Dictionary<(Ruleset Rules, Rule Stopper), Ruleset> _without = [];
    private readonly Dictionary<(Ruleset Rules, FlowQuery Query), FlowAnswer> _answers = [];

    /// <summary>The rules without the decider.</summary>
    public Ruleset First => field ??= Without(ReturningHere(), new RulePlace(_decider.Table, _decider.Chain, _decider.Rule));

    /// <summary>
    /// The rules without another one of the same table; <c>null</c> where a policy stops the packets, or another table does.
    /// </summary>
    public Ruleset? Next(Ruleset under, RuleReference stopper)
    {
        if (stopper.Rule is not { } rule || stopper.Table.Name != decider.Table.Name || stopper.Table.Family != decider.Table.Family
            || stopper.Table.IsLegacy != decider.Table.IsLegacy)
        {
            return null;
        }

        return _without.TryGetValue((under, rule), out var known) ? known
            : _without[(under, rule)] = Without(under, new RulePlace(stopper.Table, stopper.Chain, rule));
    }

    /// <summary>What becomes of packets under these rules.</summary>
    public FlowAnswer Judge(Ruleset under, FlowQuery query) =>
        _answers.TryGetValue((under, query), out var known) ? known : _answers[(under, query)] = judge(under, query);

    /// <summary>A rule of the changed rules, named as it is in the table.</summary>
    public RuleReference AsItStands(RuleReference changed)
    {
        foreach (var chain in changed.Table.Name == decider.Table.Name && changed.Table.Family == decider.Table.Family
            ? _decider.Table.Chains
            : [])
        {
            foreach (var rule in chain.Rules)
            {
                if (ReferenceEquals(rule, changed.Rule) || (rule.Handle != 0 && rule.Handle == changed.Rule?.Handle))
                {
                    return new RuleReference(_decider.Table, chain, rule);
                }
            }
        }

        return changed;
    }

    /// <summary>The same rule of other rules that have it: where a table was changed, it and its chains are other objects.</summary>
    private static RuleReference AsIn(Ruleset rules, RuleReference rule) =>
        rules.Tables.FirstOrDefault(
            t => t.Name == rule.Table.Name && t.Family == rule.Table.Family && t.IsLegacy == rule.Table.IsLegacy) is { } table
            && table.Chains.FirstOrDefault(c => c.Name == rule.Chain.Name) is { } chain
            ? new RuleReference(table, chain, rule.Rule)
            : rule;

    private Ruleset Without(Ruleset under, RulePlace place) => passages.Aggregate(under, (all, p) => place.Without(all, p.Rule));

    /// <summary>
    /// A goto to the chain of the decider counts as a jump: what stands behind it would have its turn if it were not for the decider.
    /// </summary>
    private Ruleset ReturningHere()
    {
        var above = new HashSet<string>(StringComparer.Ordinal);
        var open = new Queue<RuleChain>([_decider.Chain]);
        while (open.TryDequeue(out var chain))
        {
            if (above.Add(chain.Name))
            {
                foreach (var caller in protective.CallersIn(_decider.Table).Of(chain))
                {
                    open.Enqueue(caller.Chain);
                }
            }
        }

        return rules with
        {
            Tables =
            [
                .. rules.Tables.Select(t => !ReferenceEquals(t, _decider.Table) ? t : t with
                {
                    Chains = [.. t.Chains.Select(
                        c => c.Rules.Any(r => r.Expressions.Any(e => IsGoto(e, above)))
                            ? c with { Rules = [.. c.Rules.Select(r => AsJump(r, above))] }
                            : c)],
                }),
            ],
        };
    }

    private static bool IsGoto(Expression expression, HashSet<string> chains) =>
        expression is ImmediateExpression { Verdict: { Kind: VerdictKind.Goto, Chain: { } name } } && chains.Contains(name);

    private static Rule AsJump(Rule rule, HashSet<string> chains) => !rule.Expressions.Any(e => IsGoto(e, chains)) ? rule : rule with
    {
        Expressions = [.. rule.Expressions.Select(
            e => IsGoto(e, chains)
                ? (ImmediateExpression)e with { Verdict = new RuleVerdict(VerdictKind.Jump, ((ImmediateExpression)e).Verdict!.Chain) }
                : e)],
    };
}
