namespace Portolan.Lab.Scenarios;

/// <summary>Sentences broken into lines at spaces.</summary>
internal static class WrapText
{
    /// <summary>Of the lines behind the first of what is not a sentence.</summary>
    private const int Hanging = 3;

    /// <summary>The lines; the first begins with a prefix, the others with as many spaces.</summary>
    internal static List<string> Lines(string text, int width, string prefix = "") => Lines(text.Split(' '), width, prefix, prefix.Length);

    /// <summary>
    /// The lines of what is not a sentence, such as a rule: indented, those behind the first more. Words longer than a line are broken.
    /// </summary>
    internal static List<string> Hung(string text, int width, int indentation)
    {
        var room = width - indentation - Hanging;
        return indentation + text.Length <= width
            ? [new string(' ', indentation) + text]
            : Lines(
                text.Split(' ', StringSplitOptions.RemoveEmptyEntries).SelectMany(word => Pieces(word, room)), width,
                new string(' ', indentation), indentation + Hanging);
    }

    /// <summary>The lines, none longer than the width: words that are longer are broken.</summary>
    internal static List<string> Broken(string text, int width) =>
        Lines(text.Split(' ').SelectMany(word => Pieces(word, width)), width, "", 0);

    private static List<string> Lines(IEnumerable<string> words, int width, string prefix, int indentation)
    {
        var lines = new List<string>();
        var line = prefix;
        var isBare = true;
        foreach (var word in words)
        {
            if (!isBare && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                (line, isBare) = (new string(' ', indentation), true);
            }

            line += isBare ? word : $" {word}";
            isBare = false;
        }

        lines.Add(line);
        return lines;
    }

    /// <summary>A word that is longer than a line in pieces, behind a comma, hyphen or slash where there is one.</summary>
    private static IEnumerable<string> Pieces(string word, int width)
    {
        while (word.Length > width)
        {
            var end = word.AsSpan(0, width).LastIndexOfAny(",-/") + 1;
            end = end == 0 ? width : end;
            yield return word[..end];
            word = word[end..];
        }

        yield return word;
    }
}
