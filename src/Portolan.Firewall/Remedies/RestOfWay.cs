using Portolan.Firewall.Openings;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Remedies;

/// <summary>The rules that packets would still meet behind a place, of which an accept there keeps them away.</summary>
/// <param name="protective">Reports which of them protect.</param>
/// <param name="decider">What stops the packets now.</param>
/// <param name="passage">The packets.</param>
internal sealed class RestOfWay(ProtectiveRules protective, RuleReference decider, Passage passage)
{
    private const int MostComparisons = 100_000;

    private readonly HashSet<Rule> _seen = new(ReferenceEqualityComparer.Instance);
    private readonly RulePorts _ports = new(new TableConditions(decider.Table), new WorkBudget(MostComparisons));

    /// <summary>The first rule that protects from what changes by itself; <c>null</c> for none.</summary>
    public RuleReference? FindProtector(RulePlace place) => Behind(place, place.Index);

    private RuleReference? Behind(RulePlace place, int index)
    {
        foreach (var rule in place.Chain.Rules.Skip(index))
        {
            if (Inside(place.Table, place.Chain, rule) is { } found)
            {
                return found;
            }

            // Behind the rule that the accept passes over the next ones would have their turn.
            if (!ReferenceEquals(rule, decider.Rule) && IsEnd(rule))
            {
                return null;
            }
        }

        return protective.CallersIn(place.Table).Of(place.Chain).Where(c => _seen.Add(c.Before!)).Select(c => Behind(c, c.Index + 1))
            .FirstOrDefault(static f => f is not null);
    }

    private RuleReference? Inside(RuleTable table, RuleChain chain, Rule rule)
    {
        var reference = new RuleReference(table, chain, rule);
        if (ReferenceEquals(rule, decider.Rule) || !_seen.Add(rule) || !MayMeet(rule))
        {
            return null;
        }

        return protective.IsOpenEnded(reference) ? reference
            : protective.CallersIn(table).TargetsOf(rule).SelectMany(c => c.Rules.Select(r => Inside(table, c, r))).FirstOrDefault(
                static f => f is not null);
    }

    private bool MayMeet(Rule rule) => _ports.Of(rule) is not { Count: > 0 } ports
        || ports.Any(
            p => (p.Protocol is null || p.Protocol == (byte)passage.Protocol) && p.First <= passage.Ports.Last.Value
                && p.Last >= passage.Ports.First.Value);

    // What no packet passes: the rules behind it are dead.
    private static bool IsEnd(Rule rule) =>
        rule.Expressions.All(
            static e =>
                e is CounterExpression or LogExpression or ImmediateExpression or RejectExpression
                    or XtTargetExpression { Target: Xt.Targets.RejectTarget })
        && rule.Expressions.Any(
            static e =>
                e is ImmediateExpression { Verdict.Kind: VerdictKind.Drop or VerdictKind.Accept } or RejectExpression
                    or XtTargetExpression);
}
