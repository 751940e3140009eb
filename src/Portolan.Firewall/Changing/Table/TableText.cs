using System.Globalization;
using System.Text;

namespace Portolan.Firewall.Changing.Table;

/// <summary>The table as a file of nft that replaces it as a whole in one transaction (nft -f).</summary>
public static class TableText
{
    /// <summary>The file's text. It may be loaded where there is no such table yet. <c>null</c> takes the table away.</summary>
    public static string Of(TableImage? image)
    {
        var text = new StringBuilder();
        text.Append("table inet portolan\ndelete table inet portolan\n");
        if (image is null)
        {
            return text.ToString();
        }

        text.Append($"table inet {TableImage.TableName} {{\n\tcomment \"{TableImage.TableComment}\"\n");
        foreach (var set in image.Sets)
        {
            Append(text, set);
        }

        if (image.Rules.Count > 0)
        {
            text.Append($"\n\tchain {TableImage.ChainName} {{\n\t\tcomment \"{TableImage.ChainComment}\"\n");
            text.Append($"\t\ttype filter hook prerouting priority {TableImage.ChainPriorityText}; policy accept;\n");
            foreach (var rule in image.Rules)
            {
                text.Append($"\t\t{rule.Text}\n");
            }

            text.Append("\t}\n");
        }

        return text.Append("}\n").ToString();
    }

    private static void Append(StringBuilder text, ImageSet set)
    {
        text.Append($"\n\tset {set.Name} {{\n\t\ttype {set.Kind.Name}\n");
        if (set.Room > 0)
        {
            text.Append(CultureInfo.InvariantCulture, $"\t\tsize {set.Room}\n");
        }

        if (set.HasTimeouts || set.HasRanges)
        {
            text.Append($"\t\tflags {(set.Room > 0 ? "dynamic," : "")}{(set.HasTimeouts ? "timeout" : "interval")}\n");
        }

        if (set.Comment.Length > 0)
        {
            text.Append($"\t\tcomment \"{set.Comment}\"\n");
        }

        if (set.Elements.Count > 0)
        {
            text.Append($"\t\telements = {{ {string.Join(",\n\t\t\t     ", set.Elements.Select(e => Element(set.Kind, e)))} }}\n");
        }

        text.Append("\t}\n");
    }

    private static string Element(SetKeyKind kind, ImageElement element)
    {
        var text = new StringBuilder(kind.Text(element.First));
        if (element.Last != element.First)
        {
            text.Append($"-{kind.Text(element.Last)}");
        }

        if (element.Timeout is { } timeout)
        {
            text.Append($" timeout {DurationText.Format(timeout)}");
            if (element.Expires is { } expires && expires < timeout)
            {
                text.Append($" expires {DurationText.Format(expires)}");
            }
        }

        if (element.Comment is { } comment)
        {
            text.Append($" comment \"{comment}\"");
        }

        return text.ToString();
    }
}
