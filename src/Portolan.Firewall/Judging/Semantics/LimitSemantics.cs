using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A rate (nft_limit_eval).</summary>
internal sealed class LimitSemantics : ExpressionMeaning<LimitExpression>
{
    // NFT_LIMIT_PKT_BURST_DEFAULT
    private const uint DefaultBurst = 5;

    protected override void Compile(LimitExpression expression, RuleBuilder rule)
    {
        // A bucket of bytes holds those of one unit of time and the burst; one of packets the burst (nft_limit_init).
        var measure = expression.IsBytes
            ? LimitMeasure.Bytes(expression.Rate, expression.PerSeconds, (double)expression.Rate + expression.Burst)
            : LimitMeasure.Packets(expression.Rate, expression.PerSeconds, expression.Burst == 0 ? DefaultBurst : expression.Burst);
        if (measure.Unit == LimitUnit.Packets || measure.AtOnce >= OrdinaryClient.SmallestPacket(rule.Context))
        {
            rule.Add(new LimitTest(rule.Limit(measure), expression.IsOver));
        }
        else if (!expression.IsOver)
        {
            rule.Break();
        }
    }
}
