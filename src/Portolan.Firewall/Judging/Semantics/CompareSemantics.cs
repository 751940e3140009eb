using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>A comparison with a constant (nft_cmp_eval).</summary>
internal sealed class CompareSemantics : ExpressionMeaning<CompareExpression>
{
    protected override void Compile(CompareExpression expression, RuleBuilder rule)
    {
        if (!expression.Data.IsEmpty)
        {
            rule.Tests.Compare(rule.Read(expression.Source, expression.Data.Length), expression.Operation, expression.Data.Span);
        }
    }
}
