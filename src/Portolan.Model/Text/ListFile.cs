namespace Portolan;

/// <summary>Files that people keep lists in: words on lines, and comments.</summary>
public static class ListFile
{
    /// <summary>The longest line, in characters. It bounds what one line is split into.</summary>
    public const int LongestLine = 64 * 1024;

    /// <summary>The lines that have words, with their number, counted from 1.</summary>
    /// <param name="text">The file; what bounds its length is a <see cref="Model.BoundedStream"/>.</param>
    /// <param name="name">What the person called it.</param>
    /// <exception cref="Model.PortolanException">A line is too long. Exit code 2.</exception>
    public static IEnumerable<(int Line, List<string> Words)> Read(string text, string name)
    {
        ArgumentNullException.ThrowIfNull(text);
        var line = 1;
        for (var start = 0; start < text.Length; line++)
        {
            var end = text.IndexOf('\n', start);
            end = end < 0 ? text.Length : end;
            if (end - start > LongestLine)
            {
                throw new Model.PortolanException(
                    $"{name}, line {line}: a line is at most {LongestLine:N0} characters long", $"docs/limits.md lists the limits",
                    Model.ExitCode.Usage);
            }

            if (end > start && WordsOf(text[start..end]) is { Count: > 0 } words)
            {
                yield return (line, words);
            }

            start = end + 1;
        }
    }

    /// <summary>The words of a line before a comment. A <c>#</c> inside a word belongs to it, as in a URL.</summary>
    public static List<string> WordsOf(string line)
    {
        ArgumentNullException.ThrowIfNull(line);
        var words = new List<string>();
        foreach (var word in line.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries))
        {
            if (word[0] == '#')
            {
                break;
            }

            words.Add(word);
        }

        return words;
    }
}
