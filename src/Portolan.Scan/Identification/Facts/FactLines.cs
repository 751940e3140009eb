using System.Text;

namespace Portolan.Scan.Identification.Facts;

/// <summary>The text of facts: cleaned, as lines, and as the lines below a port.</summary>
public static class FactLines
{
    private const string Indent = "  ";

    /// <summary>A text without control and format characters, each of which becomes <c>?</c>.</summary>
    internal static string Clean(string text, int limit) => ReplyText.Clean(text, limit);

    /// <summary>The same line by line.</summary>
    internal static string Lines(string text, int limit)
    {
        var lines = new StringBuilder();
        foreach (var line in text.Split('\n'))
        {
            if (lines.Length >= limit)
            {
                break;
            }

            lines.Append(Clean(line, limit - lines.Length).TrimEnd()).Append('\n');
        }

        // The end of the last line is none of the text.
        return lines.ToString(0, Math.Max(0, lines.Length - 1));
    }

    /// <summary>The lines of fields as nmap shows a script's: <c>key: value</c>, tables indented below their key.</summary>
    internal static string Render(IReadOnlyList<FactField> fields)
    {
        var text = new StringBuilder();
        Render(fields, Indent, text);
        return text.ToString();
    }

    /// <summary>
    /// The lines below a port, as nmap's normal format has them: each after a bar, the last after a bar and an underscore.
    /// </summary>
    public static IEnumerable<string> Below(Fact fact)
    {
        ArgumentNullException.ThrowIfNull(fact);
        var lines = $"{fact.Id}: {fact.Output}".Split('\n');
        for (var i = 0; i < lines.Length; i++)
        {
            yield return $"{(i == lines.Length - 1 ? "|_" : "| ")}{lines[i]}";
        }
    }

    private static void Render(IReadOnlyList<FactField> fields, string indent, StringBuilder text)
    {
        foreach (var field in fields)
        {
            text.Append('\n').Append(indent).Append(field.Key is null ? "" : $"{field.Key}: ").Append(field.Text);
            if (field.Kind == FactKind.Table)
            {
                Render(field.Items, indent + Indent, text);
            }
        }
    }
}
