using Portolan.Firewall.Judging;
using Portolan.Firewall.Openings;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Remedies;

/// <summary>
/// Finds a rule that protects, and stops nothing by itself: one that accepts up to a limit that is used up, so that packets go on to where
/// they are stopped; one that marks banned senders, so that another rule stops them by the mark.
/// </summary>
/// <remarks>Tried, not read: a rule counts where fewer senders are stopped without it, or without its limit.</remarks>
/// <param name="rules">The rules as they are.</param>
/// <param name="judge">Judges packets.</param>
/// <param name="change">Reports how many senders the rule at the end stops.</param>
internal sealed class ProtectorsBefore(Ruleset rules, RulesJudge judge, ChangeJudge change)
{
    // Each costs a judgement; rulesets with more limits and marks than that are asked about the first ones.
    private const int MostTried = 64;

    /// <summary>The first of them; <c>null</c> for none.</summary>
    public (RuleReference Rule, Protection From)? Find(FlowQuery query)
    {
        var (tried, stopped) = (0, -1.0);
        foreach (var table in rules.Tables)
        {
            foreach (var chain in table.Chains)
            {
                foreach (var rule in chain.Rules)
                {
                    var reference = new RuleReference(table, chain, rule);
                    var mark = ProtectiveRules.OfMark(reference);
                    if (mark is null && !ProtectiveRules.LetsThroughUpToLimit(rule))
                    {
                        continue;
                    }

                    if (++tried > MostTried)
                    {
                        return null;
                    }

                    var place = new RulePlace(table, chain, rule);
                    var changed = mark is null ? place.With(rules, ProtectiveRules.WithoutLimits(rule)) : place.Deleted(rules);
                    stopped = stopped < 0 ? change.StoppedBy(judge(rules, query)) : stopped;
                    if (change.StoppedBy(judge(changed, query)) < stopped)
                    {
                        return (reference, mark ?? Protection.Limit);
                    }
                }
            }
        }

        return null;
    }
}
