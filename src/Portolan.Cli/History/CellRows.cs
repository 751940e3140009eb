using Portolan.Cli.Output;

namespace Portolan.Cli.History;

/// <summary>Rows whose cells are text, which is made harmless here.</summary>
/// <param name="rows">The cells of each row and the style of the row.</param>
internal readonly struct CellRows(List<(string[] Cells, AnsiStyle Style)> rows) : ITableRows
{
    /// <inheritdoc/>
    public int Count => rows.Count;

    /// <inheritdoc/>
    public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
    {
        cell.Write(TerminalText.Escape(rows[row].Cells[column]));
        return rows[row].Style;
    }
}
