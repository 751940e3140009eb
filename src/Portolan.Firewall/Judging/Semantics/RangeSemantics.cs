using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A comparison with two constants (nft_range_eval).</summary>
internal sealed class RangeSemantics : ExpressionMeaning<RangeExpression>
{
    protected override void Compile(RangeExpression expression, RuleBuilder rule)
    {
        if (expression.From.Length != expression.To.Length || expression.From.IsEmpty)
        {
            rule.Doubt("the ends of its range differ in length");
            return;
        }

        rule.Tests.Range(
            rule.Read(expression.Source, expression.From.Length), expression.From.Span, expression.To.Span, expression.Inverted);
    }
}
