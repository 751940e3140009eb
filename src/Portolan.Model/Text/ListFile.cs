namespace Portolan;

/// <summary>Files that people keep lists in: words on lines, and comments.</summary>
public static class ListFile
{
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
