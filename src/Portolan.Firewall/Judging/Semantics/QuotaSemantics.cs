using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A number of bytes (nft_quota_eval), some of which may be used up already.</summary>
internal sealed class QuotaSemantics : ExpressionMeaning<QuotaExpression>
{
    protected override void Compile(QuotaExpression expression, RuleBuilder rule)
    {
        // The smallest packet is a header of IP.
        var isSpent = expression.Consumed + (rule.Context.IsIPv4 ? 20u : 40u) > expression.Bytes;
        if (!isSpent)
        {
            rule.Add(new LimitTest(
                rule.Limit($"{LimitAmount.Size(expression.Bytes)} in all, {LimitAmount.Size(expression.Consumed)} of it used"),
                expression.IsOver));
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }
}
