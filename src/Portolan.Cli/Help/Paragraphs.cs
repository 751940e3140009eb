namespace Portolan.Cli.Help;

/// <summary>Breaks prose into lines. Paragraphs are separated by an empty line; a line that starts with a blank stays as it is.</summary>
public static class Paragraphs
{
    /// <summary>The paragraphs: prose joined into one line each, indented lines by themselves.</summary>
    public static IEnumerable<(string Text, bool IsVerbatim)> Of(string text)
    {
        var prose = new List<string>();
        foreach (var line in text.Split('\n'))
        {
            var isVerbatim = line.StartsWith(' ');
            if ((isVerbatim || line.Length == 0) && prose.Count > 0)
            {
                yield return (string.Join(' ', prose), false);
                prose.Clear();
            }

            if (isVerbatim)
            {
                yield return (line, true);
            }
            else if (line.Length > 0)
            {
                prose.Add(line);
            }
        }

        if (prose.Count > 0)
        {
            yield return (string.Join(' ', prose), false);
        }
    }

    /// <summary>Breaks one paragraph into lines of at most that many characters, longer only for a longer word.</summary>
    public static IEnumerable<string> Wrap(string paragraph, int width)
    {
        var start = 0;
        while (paragraph.Length - start > width)
        {
            var end = paragraph.LastIndexOf(' ', start + width, width + 1);
            if (end <= start)
            {
                end = paragraph.IndexOf(' ', start);
                if (end < 0)
                {
                    break;
                }
            }

            yield return paragraph[start..end];
            start = end + 1;
        }

        yield return paragraph[start..];
    }
}
