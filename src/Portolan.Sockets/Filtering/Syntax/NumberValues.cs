using System.Globalization;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Reads numbers and ranges of numbers.</summary>
internal static class NumberValue
{
    public static FilterNode? Read(FieldUse use)
    {
        var ranges = use.ReadAll(static (u, value) => Range(u, value));
        return ranges is null ? null : new NumberNode(use.Field, use.Comparison, ranges);
    }

    /// <summary>Reads <c>5</c> or <c>5-9</c>.</summary>
    public static NumberRange? Range(FieldUse use, FilterValue value)
    {
        var text = value.Text.AsSpan();
        var hyphen = text.IndexOf('-');
        var isRange = hyphen > 0;
        var units = use.Field == FilterFields.ReceiveQueue || use.Field == FilterFields.SendQueue
            || use.Field == FilterFields.Rate;
        if (!TryParse(isRange ? text[..hyphen] : text, units, out var first)
            || !TryParse(isRange ? text[(hyphen + 1)..] : text, units, out var last))
        {
            use.Fail(
                value, $"\"{value.Text}\" is not a number of 0 to {uint.MaxValue}",
                hint: $"for example: {Advice.Prose(use.Field.Example)}");
            return null;
        }

        if (isRange && use.Comparison != FilterComparison.Equal)
        {
            use.Fail(value, "a range has no order: compare with one number");
            return null;
        }

        if (first > last)
        {
            use.Fail(value, $"the range {value.Text} runs backwards", $"{text[(hyphen + 1)..]}-{text[..hyphen]}");
            return null;
        }

        return new NumberRange(first, last);
    }

    /// <summary>Reads a number; with <paramref name="units"/> it may end in K, M or G, powers of 1024.</summary>
    private static bool TryParse(ReadOnlySpan<char> text, bool units, out uint number)
    {
        number = 0;
        var shift = units && text.Length > 1 ? char.ToUpperInvariant(text[^1]) switch { 'K' => 10, 'M' => 20, 'G' => 30, _ => 0 } : 0;
        if (!uint.TryParse(shift == 0 ? text : text[..^1], NumberStyles.None, CultureInfo.InvariantCulture, out var value)
            || value > uint.MaxValue >> shift)
        {
            return false;
        }

        number = value << shift;
        return true;
    }
}

/// <summary>Reads users: names, ids and ranges of ids.</summary>
internal static class UserValue
{
    public static FilterNode? Read(FieldUse use)
    {
        var terms = use.ReadAll(static (u, value) => Term(u, value));
        return terms is null ? null : new UserNode(use.Comparison, terms);
    }

    private static UserTerm? Term(FieldUse use, FilterValue value)
    {
        // Names such as www-data have hyphens too: an id or a range is only digits around one.
        if (!value.IsQuoted && value.Text.Length > 0 && char.IsAsciiDigit(value.Text[0])
            && value.Text.All(static c => char.IsAsciiDigit(c) || c == '-'))
        {
            return NumberValue.Range(use, value) is { } ids ? new UserTerm(ids, null) : null;
        }

        if (use.Comparison != FilterComparison.Equal)
        {
            use.Fail(value, "only user ids have an order", hint: $"for example: user >= 1000");
            return null;
        }

        return new UserTerm(default, value);
    }
}
