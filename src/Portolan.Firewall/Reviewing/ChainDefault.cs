using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt.Targets;

namespace Portolan.Firewall.Reviewing;

/// <summary>
/// What becomes of the packets that no rule with a condition decides on: a rule without one stands before the policy, in the chain or in
/// one that all packets go on to.
/// </summary>
/// <param name="Chain">The chain of that rule; of a policy the base chain.</param>
/// <param name="Rule">The rule, or <c>null</c> for the policy.</param>
public sealed record ChainDefault(RuleChain Chain, Rule? Rule)
{
    private const int DeepestChain = 16;

    /// <summary>Of a base chain.</summary>
    public static ChainDefault Of(RuleTable table, RuleChain chain) =>
        Find(new TableNames(table), chain, DeepestChain) ?? new ChainDefault(chain, null);

    private static ChainDefault? Find(TableNames names, RuleChain chain, int depth)
    {
        foreach (var rule in chain.Rules)
        {
            if (!rule.Expressions.All(
                static e =>
                    e is CounterExpression or LogExpression or LastExpression or ImmediateExpression or RejectExpression
                        or XtTargetExpression { Target: RejectTarget or LogTarget }))
            {
                // A condition; or something that is done on the way, which need not end here.
                continue;
            }

            if (rule.Expressions.Any(
                static e =>
                    e is RejectExpression or XtTargetExpression { Target: RejectTarget }
                        or ImmediateExpression { Verdict.Kind: VerdictKind.Drop or VerdictKind.Accept }))
            {
                return new ChainDefault(chain, rule);
            }

            switch (rule.Expressions.OfType<ImmediateExpression>().Select(static i => i.Verdict).FirstOrDefault(static v => v is not null))
            {
                case { Kind: VerdictKind.Return }:
                    return null;
                case { Kind: VerdictKind.Jump or VerdictKind.Goto, Chain: { } name } verdict
                    when depth > 0 && names.FindChain(name) is { } called:
                    if (Find(names, called, depth - 1) is { } found)
                    {
                        return found;
                    }

                    if (verdict.Kind == VerdictKind.Goto)
                    {
                        return null;
                    }

                    break;
            }
        }

        return null;
    }
}
