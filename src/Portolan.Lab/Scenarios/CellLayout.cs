namespace Portolan.Lab.Scenarios;

/// <summary>
/// Rows of cells as lines in a width: what does not fit in a column goes on below, broken at spaces. Words are broken only where nothing
/// else is left.
/// </summary>
internal static class CellLayout
{
    /// <summary>A column is not made narrower than that by breaking words.</summary>
    private const int LeastWidth = 6;

    private const int MostPadding = 56;

    private const int Gap = 2;

    /// <summary>The lines of each row. Two spaces are between columns, or one where there is no room for two.</summary>
    /// <param name="rows">As many cells each.</param>
    /// <param name="width">How wide a line may be.</param>
    internal static List<List<string>> Lines(IReadOnlyList<IReadOnlyList<string>> rows, int width) =>
        Lines(rows, width, Fits(rows, width) ? Gap : 1);

    /// <summary>The lines of each row, with a gap that was chosen.</summary>
    internal static List<List<string>> Lines(IReadOnlyList<IReadOnlyList<string>> rows, int width, int gap)
    {
        var widths = WidthsOf(rows);
        Shrink(rows, widths, width, gap);
        return [.. rows.Select(row => Draw(row, widths, gap))];
    }

    /// <summary>A line for each row, as long as it is: one long cell does not push the others far to the right.</summary>
    internal static List<string> Unbroken(IReadOnlyList<IReadOnlyList<string>> rows)
    {
        var widths = WidthsOf(rows);
        return [.. rows.Select(
            row => string.Join("  ", row.Select((cell, column) => cell.PadRight(Math.Min(MostPadding, widths[column])))).TrimEnd())];
    }

    /// <summary>Whether all cells are on one line each.</summary>
    internal static bool Fits(IReadOnlyList<IReadOnlyList<string>> rows, int width, int gap = Gap) => Total(WidthsOf(rows), gap) <= width;

    private static int[] WidthsOf(IReadOnlyList<IReadOnlyList<string>> rows) =>
        rows.Count == 0 ? [] : [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];

    private static int Total(int[] widths, int gap) => widths.Sum() + (gap * (widths.Length - 1));

    private static void Shrink(IReadOnlyList<IReadOnlyList<string>> rows, int[] widths, int width, int gap)
    {
        var words = widths.Select((_, column) => rows.Max(row => row[column].Split(' ').Max(static word => word.Length))).ToArray();
        while (Total(widths, gap) > width)
        {
            var widest = Widest(column => widths[column] > words[column]) ?? Widest(column => widths[column] > LeastWidth);
            if (widest is not { } narrowed)
            {
                return;
            }

            widths[narrowed]--;
        }

        int? Widest(
            Func<int, bool> isCandidate) =>
                Enumerable.Range(0, widths.Length).Where(isCandidate).OrderByDescending(column => widths[column])
                    .Select(static column => (int?)column).FirstOrDefault();
    }

    private static List<string> Draw(IReadOnlyList<string> row, int[] widths, int gap)
    {
        var cells = row.Select((cell, column) => cell.Length <= widths[column] ? [cell] : WrapText.Broken(cell, widths[column])).ToList();
        return
        [
            .. Enumerable.Range(0, cells.Max(static cell => cell.Count))
                .Select(
                    line => string.Concat(
                        cells.Select((cell, column) => (cell.ElementAtOrDefault(line) ?? "").PadRight(widths[column] + gap))).TrimEnd()),
        ];
    }
}
