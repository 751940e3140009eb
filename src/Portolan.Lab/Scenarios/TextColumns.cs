namespace Portolan.Lab.Scenarios;

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
