using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A rate (nft_limit_eval).</summary>
internal sealed class LimitSemantics : ExpressionMeaning<LimitExpression>
{
    protected override void Compile(LimitExpression expression, RuleBuilder rule)
    {
        var amount = expression.IsBytes
            ? LimitAmount.Bytes(expression.Rate, expression.PerSeconds)
            : LimitAmount.Packets(expression.Rate, expression.PerSeconds);
        rule.Add(new LimitTest(rule.Limit(amount), expression.IsOver));
    }
}
