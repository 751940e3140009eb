using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text;

namespace Portolan.Model;

/// <content>
/// nmap's port list: items between commas, each a port (<c>22</c>), a range (<c>80-90</c>) or a range with open ends
/// (<c>-100</c> is 1–100, <c>60000-</c> is 60000–65535, <c>-</c> is 1–65535). Port 0 only when it is written. Spaces around an item
/// and one comma at the end are accepted.
/// </content>
public sealed partial class PortSet
{
    /// <summary>Reads a port list.</summary>
    /// <param name="text">The list, such as <c>22,80-90,-100,60000-</c>.</param>
    /// <param name="ports">The set, or <c>null</c>.</param>
    /// <param name="error">What is wrong and where, when <c>false</c> is returned.</param>
    /// <param name="services">Resolves items that begin with a letter; without it they are errors.</param>
    public static bool TryParse(
        ReadOnlySpan<char> text, [NotNullWhen(true)] out PortSet? ports, out PortListError error, ServicePortLookup? services = null)
    {
        var result = new PortSet();
        ports = null;
        error = default;
        if (text.IsWhiteSpace())
        {
            error = new PortListError(0, Math.Max(1, text.Length), "the port list is empty");
            return false;
        }

        var start = 0;
        while (start < text.Length)
        {
            var comma = text[start..].IndexOf(',');
            var end = comma < 0 ? text.Length : start + comma;
            var (from, to) = TrimmedBounds(text, start, end);
            if (from == to)
            {
                // Whitespace after the last comma is the end, not an item.
                if (comma < 0 && start > 0)
                {
                    break;
                }

                error = new PortListError(from, 1, "a port is missing here");
                return false;
            }

            if (!TryParseItem(text, from, to, result, services, out error))
            {
                return false;
            }

            start = end + 1;
        }

        ports = result;
        return true;
    }

    /// <summary>Reads a port list.</summary>
    /// <exception cref="PortListFormatException">The text is not one; the error says where.</exception>
    public static PortSet Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return TryParse(text, out var ports, out var error) ? ports : throw new PortListFormatException(error);
    }

    /// <summary>
    /// The shortest list of ports and ranges, ascending: <c>22,80-90</c>. Reads back as the same set; empty for the empty set.
    /// </summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var range in Ranges)
        {
            if (text.Length > 0)
            {
                text.Append(',');
            }

            text.Append(CultureInfo.InvariantCulture, $"{range.First.Value}");
            if (range.Count > 1)
            {
                text.Append(CultureInfo.InvariantCulture, $"-{range.Last.Value}");
            }
        }

        return text.ToString();
    }

    private static bool TryParseItem(
        ReadOnlySpan<char> text, int from, int to, PortSet result, ServicePortLookup? services, out PortListError error)
    {
        error = default;
        var item = text[from..to];
        if (char.IsAsciiLetter(item[0]))
        {
            if (services is not null && services(item, result))
            {
                return true;
            }

            error = new PortListError(
                from, item.Length, services is null ? $"'{item}' is not a port number" : $"no service is named '{item}'");
            return false;
        }

        var dash = item.IndexOf('-');
        if (dash < 0)
        {
            if (!TryParseNumber(text, from, to, out var single, out error))
            {
                return false;
            }

            result.Add(single);
            return true;
        }

        var (leftFrom, leftTo) = TrimmedBounds(text, from, from + dash);
        var (rightFrom, rightTo) = TrimmedBounds(text, from + dash + 1, to);
        var first = new PortNumber(1);
        var last = new PortNumber(ushort.MaxValue);
        if ((leftFrom < leftTo && !TryParseNumber(text, leftFrom, leftTo, out first, out error))
            || (rightFrom < rightTo && !TryParseNumber(text, rightFrom, rightTo, out last, out error)))
        {
            return false;
        }

        if (first > last)
        {
            var reason = leftFrom == leftTo
                ? "an open range starts at 1, so it cannot end at 0"
                : $"the range runs backwards: did you mean {last}-{first}?";
            error = new PortListError(from, item.Length, reason);
            return false;
        }

        result.Add(new PortRange(first, last));
        return true;
    }

    private static bool TryParseNumber(ReadOnlySpan<char> text, int from, int to, out PortNumber port, out PortListError error)
    {
        port = default;
        error = default;
        var value = 0;
        for (var i = from; i < to; i++)
        {
            if (!char.IsAsciiDigit(text[i]))
            {
                error = new PortListError(i, 1, text[i] == '-' ? "a range has one '-'" : "not a digit, ',' or '-'");
                return false;
            }

            // Stops growing past the limit, so that no number of digits overflows.
            value = Math.Min((value * 10) + (text[i] - '0'), PortNumber.Count);
        }

        if (value >= PortNumber.Count)
        {
            error = new PortListError(from, to - from, "ports end at 65535");
            return false;
        }

        port = new PortNumber((ushort)value);
        return true;
    }

    private static (int From, int To) TrimmedBounds(ReadOnlySpan<char> text, int from, int to)
    {
        while (from < to && char.IsWhiteSpace(text[from]))
        {
            from++;
        }

        while (to > from && char.IsWhiteSpace(text[to - 1]))
        {
            to--;
        }

        return (from, to);
    }
}
