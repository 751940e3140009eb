using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A number of bytes (nft_quota_eval), some of which may be used up already.</summary>
internal sealed class QuotaSemantics : ExpressionMeaning<QuotaExpression>
{
    protected override void Compile(QuotaExpression expression, RuleBuilder rule)
    {
        var measure = LimitMeasure.Quota(expression.Bytes, expression.Consumed);
        if (measure.AtOnce >= OrdinaryClient.SmallestPacket(rule.Context))
        {
            rule.Add(new LimitTest(rule.Limit(measure), expression.IsOver));
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }
}
