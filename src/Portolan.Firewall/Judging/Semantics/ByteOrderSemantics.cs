using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Network and host order (nft_byteorder_eval): numbers of so many bytes are turned round.</summary>
internal sealed class ByteOrderSemantics : ExpressionMeaning<ByteOrderExpression>
{
    protected override void Compile(ByteOrderExpression expression, RuleBuilder rule)
    {
        var source = rule.Read(expression.Source, expression.Length);
        if (expression.Size is not (2 or 4 or 8))
        {
            rule.Store(expression.Destination, BitValue.Unknown(expression.Length, "its numbers have an unsupported length"));
            return;
        }

        rule.Store(expression.Destination, BitArithmetic.TurnRound(source, expression.Size));
    }
}
