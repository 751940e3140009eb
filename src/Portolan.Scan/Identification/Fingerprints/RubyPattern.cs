using System.Text;

namespace Portolan.Scan.Identification.Fingerprints;

/// <summary>Recog's patterns are Ruby's: the few things that .NET writes differently.</summary>
internal static class RubyPattern
{
    /// <summary>
    /// The same pattern for .NET: <c>\_</c> is an underscore, <c>\h</c> a hexadecimal digit, and <c>(?m)</c> lets a dot be a line's end.
    /// </summary>
    public static string Translate(string pattern)
    {
        var text = new StringBuilder(pattern.Length);
        var isInClass = false;
        for (var i = 0; i < pattern.Length; i++)
        {
            switch (pattern[i])
            {
                case '\\' when i + 1 < pattern.Length:
                    i++;
                    text.Append(pattern[i] switch
                    {
                        '_' => "_",
                        'h' => isInClass ? "0-9A-Fa-f" : "[0-9A-Fa-f]",
                        var other => $"\\{other}",
                    });
                    continue;
                case '[':
                    isInClass = true;
                    break;
                case ']':
                    isInClass = false;
                    break;
                case '(' when !isInClass && pattern.AsSpan(i).StartsWith("(?m") && i + 3 < pattern.Length && pattern[i + 3] is ')' or ':':
                    text.Append("(?s");
                    i += 2;
                    continue;
            }

            text.Append(pattern[i]);
        }

        return text.ToString();
    }
}
