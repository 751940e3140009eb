using System.Globalization;

namespace Portolan.Sockets.Filtering.Syntax;

/// <summary>Reads ports: <c>22</c>, <c>:22</c> as in ss, <c>8000-8100</c>, <c>-1023</c>, <c>https</c>.</summary>
internal static class PortValue
{
    public static FilterNode? Read(FieldUse use, SocketEnd end)
    {
        var terms = use.ReadAll(static (u, value) => value.Text.StartsWith(':')
            ? Term(u, value with { Text = value.Text[1..], Position = value.Position + 1, Length = value.Length - 1 })
            : Term(u, value));
        return terms is null ? null : new PortNode(end, use.Comparison, terms);
    }

    /// <summary>Reads a port, a range or a service name; the value must not be empty.</summary>
    public static PortTerm? Term(FieldUse use, FilterValue value)
    {
        var text = value.Text.AsSpan();
        if (text.IsEmpty)
        {
            use.Fail(value, "a port is missing here");
            return null;
        }

        if (text is "*")
        {
            return new PortTerm(PortRange.All, null);
        }

        if (!IsNumeric(text))
        {
            return Service(use, value);
        }

        // As in nmap's lists, a range may be open at either side: it then starts at 1, not at the reserved 0.
        var hyphen = text.IndexOf('-');
        var from = hyphen < 0 ? text : text[..hyphen];
        var to = hyphen < 0 ? text : text[(hyphen + 1)..];
        if (Number(use, value, from, 1) is not { } first || Number(use, value, to, ushort.MaxValue) is not { } last)
        {
            return null;
        }

        if (hyphen >= 0 && use.Comparison != FilterComparison.Equal)
        {
            use.Fail(value, "a range has no order: compare with one port");
            return null;
        }

        if (first > last)
        {
            use.Fail(value, $"the range {value.Text} runs backwards", $"{to}-{from}");
            return null;
        }

        return new PortTerm(new PortRange(new PortNumber(first), new PortNumber(last)), null);
    }

    private static bool IsNumeric(ReadOnlySpan<char> text)
    {
        foreach (var c in text)
        {
            if (!char.IsAsciiDigit(c) && c != '-')
            {
                return false;
            }
        }

        return true;
    }

    private static ushort? Number(FieldUse use, FilterValue value, ReadOnlySpan<char> digits, ushort whenEmpty)
    {
        if (digits.IsEmpty)
        {
            return whenEmpty;
        }

        if (ushort.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var number))
        {
            return number;
        }

        use.Fail(
            value,
            digits.Contains('-')
                ? $"\"{value.Text}\" is not a port, a range or a service"
                : $"a port is a number of 0 to 65535, not {digits}");
        return null;
    }

    private static PortTerm? Service(FieldUse use, FilterValue value)
    {
        var slash = value.Text.IndexOf('/', StringComparison.Ordinal);
        if (slash > 0 && KindWords.TryParse(value.Text[(slash + 1)..], out SocketProtocols _))
        {
            use.Fail(value, "a protocol needs a separate condition", $"{value.Text[..slash]} and protocol {value.Text[(slash + 1)..]}");
            return null;
        }

        return new PortTerm(default, value);
    }
}
