using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Masks, shifts and the like (nft_bitwise_eval).</summary>
internal sealed class BitwiseSemantics : ExpressionMeaning<BitwiseExpression>
{
    protected override void Compile(BitwiseExpression expression, RuleBuilder rule)
    {
        if (expression.Operation is BitwiseOperation.LeftShift or BitwiseOperation.RightShift)
        {
            Shift(expression, rule);
            return;
        }

        var source = rule.Read(expression.Source, expression.Length);
        var right = expression.Second is { } second ? rule.Read(second, expression.Length) : (BitValue?)null;
        rule.Store(expression.Destination, expression.Operation switch
        {
            BitwiseOperation.MaskXor => BitArithmetic.MaskXor(source, expression.Mask.Span, expression.Xor.Span),
            BitwiseOperation.And => BitArithmetic.And(source, right ?? BitValue.Constant(expression.Data.Span)),
            BitwiseOperation.Or => BitArithmetic.Or(source, right ?? BitValue.Constant(expression.Data.Span)),
            BitwiseOperation.Xor => BitArithmetic.Xor(source, right ?? BitValue.Constant(expression.Data.Span)),
            _ => BitValue.Unknown(expression.Length, "its bit operation is not supported"),
        });
    }

    // Shifts go over whole words in host order, from the last word to the first (nft_bitwise_eval_lshift).
    private static void Shift(BitwiseExpression expression, RuleBuilder rule)
    {
        const int word = 4;
        var words = BitArithmetic.TurnRound(rule.Read(expression.Source, (expression.Length + word - 1) / word * word), word);
        var shifted = BitArithmetic.Shift(words, ShiftOf(expression), expression.Operation == BitwiseOperation.LeftShift);
        rule.Store(expression.Destination, BitArithmetic.TurnRound(shifted, word));
    }

    private static int ShiftOf(BitwiseExpression expression) =>
        expression.Data.Length >= 4 ? (int)(System.Buffers.Binary.BinaryPrimitives.ReadUInt32LittleEndian(expression.Data.Span) & 31) : 0;
}
