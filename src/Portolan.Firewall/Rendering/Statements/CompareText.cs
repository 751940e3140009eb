using System.Globalization;
using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Operands;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Statements;

/// <summary>Comparisons: <c>tcp dport 22</c>, <c>ip saddr != 10.0.0.0/8</c>, <c>tcp flags syn</c>.</summary>
internal static class CompareText
{
    /// <summary>Writes the match; two that are the ends of a range become one.</summary>
    public static void Write(RuleTranslation rule, CompareExpression compare)
    {
        if (rule.Registers.Read(compare.Source) is not { } operand)
        {
            rule.EmitForeign(compare);
            return;
        }

        if (compare.Operation == CompareOperation.GreaterOrEqual
            && rule.Next is CompareExpression { Operation: CompareOperation.LessOrEqual } last && last.Source == compare.Source
            && last.Data.Length == compare.Data.Length)
        {
            rule.SkipNext();
            rule.Emit(scope => RangeText.Of(scope, operand, isInverted: false, compare.Data, last.Data));
            return;
        }

        rule.Emit(scope =>
        {
            scope.IsInverted = compare.Operation == CompareOperation.NotEqual;
            return Of(scope, operand, compare.Operation, compare.Data.Span);
        });
    }

    private static string Of(TermScope scope, Operand operand, CompareOperation operation, ReadOnlySpan<byte> data) => operand switch
    {
        PayloadOperand payload => PayloadCompareText.Of(scope, payload, [], operation, data),
        MaskedOperand { Inner: PayloadOperand payload, IsMaskOnly: true } masked =>
            PayloadCompareText.Of(scope, payload, masked.Mask.Span, operation, data),
        MaskedOperand { IsMaskOnly: true } masked => Masked(scope, masked, operation, data),
        _ => Plain(scope, operand, operation, data),
    };

    private static string Plain(TermScope scope, Operand operand, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        var term = operand.Resolve(scope);
        var value = ByteText.ToNetwork(data, term.IsHostOrder);
        if (operation == CompareOperation.Equal && operand is NamedOperand { Fact: { } fact } && value.Length <= 4)
        {
            scope.IsFact(new HeaderFact(fact, (int)ByteText.Number(value)));
        }

        scope.IsLoadable &= term.Type.CanWrite(value);

        // The start of an address is compared where its prefix ends with a byte.
        if (term.Type.HasPrefixes && data.Length < operand.Length && operation is CompareOperation.Equal or CompareOperation.NotEqual
            && operand is NamedOperand)
        {
            var address = new byte[operand.Length];
            value.CopyTo(address, 0);
            return string.Create(
                CultureInfo.InvariantCulture, $"{term.Text}{Sign(operation)}{term.Type.Format(address)}/{data.Length * 8}");
        }

        // A name that is compared without its end is the start of names.
        var text = term.Type is TextType && operand is NamedOperand && data.Length < operand.Length && !data.Contains((byte)0)
            ? TextType.FormatWildcard(data)
            : term.Type.IsFlags ? term.Type.FormatOperand(value) : term.Type.Format(value);
        return $"{term.Text}{Sign(operation, term.Type.IsFlags)}{text}";
    }

    private static string Masked(TermScope scope, MaskedOperand masked, CompareOperation operation, ReadOnlySpan<byte> data)
    {
        if (masked.Inner is ExtensionHeaderOperand option
            && MaskedOperand.Run(option.Header.Offset, masked.Mask.Span) is var (offset, length, shift)
            && option.HasField(offset, length) && data.Length == masked.Length
            && (ByteText.Number(data) & ~ByteText.Number(masked.Mask.Span)) == 0)
        {
            var field = option.Resolve(scope, offset, length);
            return $"{field.Text}{Sign(operation)}{field.Type.Format(ByteText.Bytes(ByteText.Number(data) >> shift, (length + 7) / 8))}";
        }

        var term = masked.Inner.Resolve(scope);
        return Masked(term, ByteText.ToNetwork(masked.Mask.Span, term.IsHostOrder), operation, ByteText.ToNetwork(data, term.IsHostOrder));
    }

    /// <summary>A comparison of some bits of a value.</summary>
    /// <param name="term">The value.</param>
    /// <param name="mask">The bits, in network order.</param>
    /// <param name="operation">The comparison.</param>
    /// <param name="value">What is compared with, in network order.</param>
    public static string Masked(Term term, ReadOnlySpan<byte> mask, CompareOperation operation, ReadOnlySpan<byte> value)
    {
        if (term.Type.IsFlags && ByteText.IsZero(value) && operation is CompareOperation.Equal or CompareOperation.NotEqual
            && HasNames(term.Type, mask))
        {
            return $"{term.Text} {(operation == CompareOperation.Equal ? "! " : "")}{term.Type.Format(mask)}";
        }

        return $"{term.Text} & {term.Type.FormatOperand(mask)}{Sign(operation, isExplicit: true)}{term.Type.FormatOperand(value)}";
    }

    /// <summary>The sign with a blank on both sides; equality needs none but where a list would mean "any of".</summary>
    public static string Sign(CompareOperation operation, bool isExplicit = false) => operation switch
    {
        CompareOperation.Equal => isExplicit ? " == " : " ",
        CompareOperation.NotEqual => " != ",
        CompareOperation.Less => " < ",
        CompareOperation.LessOrEqual => " <= ",
        CompareOperation.Greater => " > ",
        CompareOperation.GreaterOrEqual => " >= ",
        _ => string.Create(CultureInfo.InvariantCulture, $" <{(uint)operation}> "),
    };

    private static bool HasNames(DataType type, ReadOnlySpan<byte> mask) => !type.Format(mask).StartsWith("0x", StringComparison.Ordinal);
}
