using System.Text;

namespace Portolan.Tests.Support;

/// <summary>Splits an example into words as a shell would, up to a redirection or pipe.</summary>
internal static class ShellWords
{
    /// <exception cref="FormatException">A character that a shell would take for its own stands outside quotes.</exception>
    public static string[] Split(string line)
    {
        var words = new List<string>();
        StringBuilder? word = null;
        for (var i = 0; i < line.Length; i++)
        {
            switch (line[i])
            {
                case '\'' or '"':
                    var end = line.IndexOf(line[i], i + 1);
                    if (end < 0)
                    {
                        throw new FormatException($"an open quote in: {line}");
                    }

                    (word ??= new()).Append(line, i + 1, end - i - 1);
                    i = end;
                    break;
                case ' ' when word is not null:
                    words.Add(word.ToString());
                    word = null;
                    break;
                case ' ':
                    break;
                case '>' or '|' when word is null:
                    return [.. words];
                case '(' or ')' or '<' or '>' or '|' or '&' or ';' or '*' or '?' or '$' or '`' or '\\' or '#' or '!' or '[':
                    throw new FormatException($"{line[i]} needs quotes in: {line}");
                default:
                    (word ??= new()).Append(line[i]);
                    break;
            }
        }

        return word is null ? [.. words] : [.. words, word.ToString()];
    }
}
