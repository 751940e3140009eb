using System.Collections;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// A table that is laid out when it is printed, in as many columns as there are: gaps get smaller, columns that belong together become one, and then cells are broken at spaces. As a list it has the
/// lines for a terminal of the usual width.
/// </summary>
internal sealed class ColumnTable : IReadOnlyList<string>
{
    /// <summary>A column is not made narrower than that by breaking words.</summary>
    private const int LeastWidth = 6;

    private readonly List<IReadOnlyList<string>> _rows;
    private readonly (int First, int Second)[] _pairs;
    private readonly string? _footer;
    private IReadOnlyList<string>? _usual;

    /// <summary>Makes it.</summary>
    /// <param name="headings">One for each column.</param>
    /// <param name="rows">As many cells each.</param>
    /// <param name="pairs">Columns that stand beside each other and become one where there is no room, such as a name and its address; from left to right.</param>
    /// <param name="footer">A last line; <c>null</c> for none.</param>
    internal ColumnTable(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows, (int First, int Second)[] pairs, string? footer) =>
        (_rows, _pairs, _footer) = ([headings, .. rows], pairs, footer);

    /// <inheritdoc/>
    public int Count => Usual.Count;

    /// <inheritdoc/>
    public string this[int index] => Usual[index];

    private IReadOnlyList<string> Usual => _usual ??= Lines(ScenarioLook.UsualColumns - ScenarioLook.Indentation);

    /// <inheritdoc/>
    public IEnumerator<string> GetEnumerator() => Usual.GetEnumerator();

    /// <inheritdoc/>
    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The lines in a width.</summary>
    internal IReadOnlyList<string> Lines(int width)
    {
        const int Gap = 2;
        var (rows, gap, widths) = (_rows, Gap, WidthsOf(_rows));
        if (Total(widths, gap) > width)
        {
            gap = 1;
        }

        if (Total(widths, gap) > width && _pairs.Length > 0)
        {
            rows = [.. _rows.Select(Merge)];
            widths = WidthsOf(rows);
        }

        Shrink(rows, widths, width, gap);
        List<string> lines = [.. rows.SelectMany(row => Draw(row, widths, gap))];
        return _footer is null ? lines : [.. lines, _footer];
    }

    private static int[] WidthsOf(List<IReadOnlyList<string>> rows) => [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];

    private static int Total(int[] widths, int gap) => widths.Sum() + (gap * (widths.Length - 1));

    private static void Shrink(List<IReadOnlyList<string>> rows, int[] widths, int width, int gap)
    {
        var words = rows[0].Select((_, column) => rows.Max(row => row[column].Split(' ').Max(static word => word.Length))).ToArray();
        while (Total(widths, gap) > width)
        {
            var widest = Widest(column => widths[column] > words[column]) ?? Widest(column => widths[column] > LeastWidth);
            if (widest is not { } narrowed)
            {
                return;
            }

            widths[narrowed]--;
        }

        int? Widest(Func<int, bool> isCandidate) => Enumerable.Range(0, widths.Length).Where(isCandidate).OrderByDescending(column => widths[column]).Select(static column => (int?)column).FirstOrDefault();
    }

    private static IEnumerable<string> Draw(IReadOnlyList<string> row, int[] widths, int gap)
    {
        var cells = row.Select((cell, column) => Break(cell, widths[column])).ToList();
        for (var line = 0; line < cells.Max(static cell => cell.Count); line++)
        {
            yield return string.Concat(cells.Select((cell, column) => (cell.ElementAtOrDefault(line) ?? "").PadRight(widths[column] + gap))).TrimEnd();
        }
    }

    private static List<string> Break(string cell, int width)
    {
        if (cell.Length <= width)
        {
            return [cell];
        }

        var lines = new List<string>();
        foreach (var line in WrapText.Lines(cell, width))
        {
            for (var from = 0; from < line.Length; from += width)
            {
                lines.Add(line.Substring(from, Math.Min(width, line.Length - from)));
            }
        }

        return lines;
    }

    private IReadOnlyList<string> Merge(IReadOnlyList<string> row)
    {
        var cells = row.ToList();
        foreach (var (first, second) in _pairs.Reverse())
        {
            cells[first] = $"{cells[first]} {cells[second]}".Trim();
            cells.RemoveAt(second);
        }

        return cells;
    }
}
