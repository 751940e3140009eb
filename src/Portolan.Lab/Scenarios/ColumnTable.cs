using System.Collections;

namespace Portolan.Lab.Scenarios;

/// <summary>
/// A table that is laid out when it is printed, in as many columns as there are: gaps get smaller, columns that belong together become one,
/// and then cells are broken at spaces. As a list it has the lines for a terminal of the usual width.
/// </summary>
internal sealed class ColumnTable : IReadOnlyList<string>
{
    private readonly List<IReadOnlyList<string>> _rows;
    private readonly (int First, int Second)[] _pairs;
    private readonly string? _footer;
    private IReadOnlyList<string>? _usual;

    /// <summary>Makes it.</summary>
    /// <param name="headings">One for each column.</param>
    /// <param name="rows">As many cells each.</param>
    /// <param name="pairs">Columns that stand beside each other and become one where there is no room, such as a name and its address; from
    /// left to right.</param>
    /// <param name="footer">A last line; <c>null</c> for none.</param>
    internal ColumnTable(
        IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows, (int First, int Second)[] pairs, string? footer) =>
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
        var hasRoom = CellLayout.Fits(_rows, width);
        var rows = hasRoom || CellLayout.Fits(_rows, width, gap: 1) || _pairs.Length == 0 ? _rows : [.. _rows.Select(Merge)];
        List<string> lines =
            [.. (hasRoom ? CellLayout.Lines(rows, width) : CellLayout.Lines(rows, width, gap: 1)).SelectMany(static row => row)];
        return _footer is null ? lines : [.. lines, _footer];
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

/// <summary>Rows as lines with columns of even width.</summary>
internal static class TextColumns
{
    /// <summary>The lines, headings first.</summary>
    internal static ColumnTable Lines(IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows) => Lines(headings, rows, []);

    /// <summary>The lines, headings first.</summary>
    /// <param name="headings">One for each column.</param>
    /// <param name="rows">As many cells each.</param>
    /// <param name="pairs">Columns that become one where there is no room.</param>
    /// <param name="footer">A last line; <c>null</c> for none.</param>
    internal static ColumnTable Lines(
        IReadOnlyList<string> headings, IEnumerable<IReadOnlyList<string>> rows, (int First, int Second)[] pairs, string? footer = null) =>
        new(headings, rows, pairs, footer);
}
