namespace Portolan.Lab.Scenarios;

/// <summary>Sentences broken into lines at spaces.</summary>
internal static class WrapText
{
    /// <summary>The lines; the first begins with a prefix, the others with as many spaces.</summary>
    internal static List<string> Lines(string text, int width, string prefix = "")
    {
        var lines = new List<string>();
        var line = prefix;
        var isBare = true;
        foreach (var word in text.Split(' '))
        {
            if (!isBare && line.Length + 1 + word.Length > width)
            {
                lines.Add(line);
                (line, isBare) = (new string(' ', prefix.Length), true);
            }

            line += isBare ? word : $" {word}";
            isBare = false;
        }

        lines.Add(line);
        return lines;
    }
}
