namespace Portolan.Lab.Scenarios;

/// <summary>Rows as lines with columns of even width.</summary>
internal static class TextColumns
{
    private const int Gap = 2;

    /// <summary>The lines, headings first.</summary>
    internal static List<string> Lines(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows)
    {
        List<IReadOnlyList<string>> all = [headings, .. rows];
        var widths = headings.Select((_, column) => all.Max(row => row[column].Length)).ToArray();
        return [.. all.Select(row => string.Concat(row.Select((cell, column) => cell.PadRight(widths[column] + Gap))).TrimEnd())];
    }
}
