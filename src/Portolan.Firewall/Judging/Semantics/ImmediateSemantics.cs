using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A constant, or a verdict (nft_immediate_eval).</summary>
internal sealed class ImmediateSemantics : ExpressionMeaning<ImmediateExpression>
{
    protected override void Compile(ImmediateExpression expression, RuleBuilder rule)
    {
        if (expression.Verdict is { } verdict)
        {
            rule.Decide(verdict);
        }
        else
        {
            rule.Store(expression.Destination, BitValue.Constant(expression.Data.Span));
        }
    }
}
