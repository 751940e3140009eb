using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary><c>ip ttl set 64</c>.</summary>
internal static class PayloadWriteText
{
    /// <summary>Writes the statement.</summary>
    public static void Write(RuleTranslation rule, PayloadWriteExpression write)
    {
        if (rule.Registers.Read(write.Source) is not { } value)
        {
            rule.EmitForeign(write);
            return;
        }

        rule.Emit(scope => Of(scope, write, value));
    }

    private static string Of(TermScope scope, PayloadWriteExpression write, Operand value)
    {
        var target = new PayloadOperand(write.Base, write.Offset, write.Length);

        // A field that is not whole words of the checksum is written together with what stands beside it.
        if (value is MaskedOperand { Inner: PayloadOperand same } masked && same.Base == target.Base && same.Offset == target.Offset
            && same.Length == target.Length
            && Part(scope, target, masked) is { } part)
        {
            return part;
        }

        var term = target.Resolve(scope);
        return $"{term.Text} set {value.Resolve(scope, term.Type).Text}";
    }

    private static string? Part(TermScope scope, PayloadOperand target, MaskedOperand masked)
    {
        var bits = ByteText.Bytes(~ByteText.Number(masked.Mask.Span), target.Length);
        var first = 0;
        var total = target.Length * 8;
        while (first < total && !IsSet(bits, first))
        {
            first++;
        }

        var end = first;
        while (end < total && IsSet(bits, end))
        {
            end++;
        }

        if (end == first || target.Field(scope, (target.Offset * 8) + first, end - first) is not var (header, field))
        {
            return null;
        }

        scope.Headers.Add(header);
        return $"{header.Name} {field.Name} set "
            + $"{field.Type.Format(ByteText.Bytes(ByteText.Number(masked.Toggled.Span) >> (total - end), (field.Length + 7) / 8))}";
    }

    private static bool IsSet(byte[] bytes, int bit) => (bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
}
