using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A rate (nft_limit_eval): allowed, rate-limited.</summary>
internal sealed class LimitSemantics : ExpressionMeaning<LimitExpression>
{
    protected override void Compile(LimitExpression expression, RuleBuilder rule) =>
        rule.Add(new LimitTest(rule.Reference, expression.IsOver));
}
