using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace Portolan.Lab.Topology.Writing;

/// <summary>Writes values so that YAML reads them back as they are.</summary>
internal static partial class YamlText
{
    /// <summary>A value: plain where that is safe everywhere, else in double quotes.</summary>
    public static string Quote(string text) => IsPlain(text) ? text : Escape(text);

    /// <summary>Values in a row: one stands alone.</summary>
    public static string OneOrMore(IReadOnlyList<string> items) =>
        items.Count == 1 ? Quote(items[0]) : $"[{string.Join(", ", items.Select(Quote))}]";

    private static bool IsPlain(string text) => text is not ("null" or "~") && PlainPattern().IsMatch(text);

    // Single spaces inside, no colon, no sign at the start: plain in block and in flow, and never a comment, a key or an indicator.
    [GeneratedRegex(
        "^[A-Za-z0-9_][A-Za-z0-9_./%+-]*(?: [A-Za-z0-9_./%+-]+)*\\z", RegexOptions.CultureInvariant | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex PlainPattern();

    private static string Escape(string text)
    {
        var result = new StringBuilder("\"");
        foreach (var rune in text.EnumerateRunes())
        {
            switch (rune.Value)
            {
                case '"' or '\\':
                    result.Append('\\').Append((char)rune.Value);
                    break;
                case '\n':
                    result.Append("\\n");
                    break;
                case >= 0x20 and <= 0x7e:
                    result.Append((char)rune.Value);
                    break;
                case <= 0xffff:
                    result.Append(CultureInfo.InvariantCulture, $"\\u{rune.Value:x4}");
                    break;
                default:
                    result.Append(CultureInfo.InvariantCulture, $"\\U{rune.Value:x8}");
                    break;
            }
        }

        return result.Append('"').ToString();
    }
}
