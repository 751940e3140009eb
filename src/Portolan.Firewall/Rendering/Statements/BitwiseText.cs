using System.Runtime.InteropServices;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Arithmetic on registers: masks, shifts and byte order.</summary>
internal static class BitwiseText
{
    /// <summary>Keeps the result of an operation on bits.</summary>
    public static void Write(RuleTranslation rule, BitwiseExpression bitwise)
    {
        if (rule.Registers.Read(bitwise.Source) is not { } operand || Result(rule, bitwise, operand) is not { } result)
        {
            rule.EmitForeign(bitwise);
            return;
        }

        rule.Registers.Load(bitwise.Destination, result);
    }

    /// <summary>Keeps the operand in the other byte order.</summary>
    public static void Write(RuleTranslation rule, ByteOrderExpression order)
    {
        if (rule.Registers.Read(order.Source) is not { } operand)
        {
            rule.EmitForeign(order);
            return;
        }

        rule.Registers.Load(order.Destination, new SwappedOperand(operand));
    }

    private static Operand? Result(RuleTranslation rule, BitwiseExpression bitwise, Operand operand) => bitwise.Operation switch
    {
        BitwiseOperation.MaskXor when bitwise.Mask.Length > 0 => new MaskedOperand(operand, bitwise.Mask, bitwise.Xor),
        BitwiseOperation.LeftShift or BitwiseOperation.RightShift when bitwise.Data.Length >= 4 =>
            new ShiftedOperand(operand, bitwise.Operation == BitwiseOperation.LeftShift, MemoryMarshal.Read<int>(bitwise.Data.Span)),
        BitwiseOperation.And => Combined(rule, bitwise, operand, "&"),
        BitwiseOperation.Or => Combined(rule, bitwise, operand, "|"),
        BitwiseOperation.Xor => Combined(rule, bitwise, operand, "^"),
        _ => null,
    };

    private static CombinedOperand? Combined(RuleTranslation rule, BitwiseExpression bitwise, Operand operand, string sign)
    {
        var second = bitwise.Second is { } register
            ? rule.Registers.Read(register)
            : bitwise.Data.IsEmpty ? null : new ConstantOperand(bitwise.Data);
        return second is null ? null : new CombinedOperand(operand, sign, second);
    }
}
