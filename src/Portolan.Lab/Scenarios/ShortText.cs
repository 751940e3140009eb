namespace Portolan.Lab.Scenarios;

/// <summary>Some lines of a text, with a mark where others stood.</summary>
internal static class ShortText
{
    internal const string Mark = "…";

    internal static List<string> Lines(IEnumerable<string> all, Func<string, bool> isShown)
    {
        var lines = new List<string>();
        foreach (var line in all)
        {
            var shown = isShown(line) ? line : Mark;
            if (shown != Mark || lines.Count == 0 || lines[^1] != Mark)
            {
                lines.Add(shown);
            }
        }

        return lines;
    }
}
