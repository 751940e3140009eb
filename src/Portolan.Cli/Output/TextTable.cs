using System.Runtime.InteropServices;

namespace Portolan.Cli.Output;

/// <summary>How a column is headed, aligned and cut.</summary>
/// <param name="Name">The heading, in capitals.</param>
/// <param name="AlignRight">Whether values stand at the right, as numbers do.</param>
/// <param name="MinWidth">The least width in columns.</param>
/// <param name="Shrinks">Whether it is cut, with <c>…</c>, when the terminal is too narrow. Never cut below <paramref name="MinWidth"/>, at
/// least 8.</param>
public sealed record TableColumn(string Name, bool AlignRight = false, int MinWidth = 0, bool Shrinks = false);

/// <summary>The rows of a table: renders one cell at a time. Make it a struct, so that the calls are direct.</summary>
public interface ITableRows
{
    /// <summary>How many rows.</summary>
    int Count { get; }

    /// <summary>Writes the text of one cell, which has no line end and no control characters, and returns its style.</summary>
    AnsiStyle WriteCell(int row, int column, Utf8Writer cell);
}

/// <summary>Rows that have lines below them.</summary>
public interface IDetailedRows
{
    /// <summary>Writes the lines below a row, each with its end.</summary>
    void WriteBelow(int row, Utf8Writer output);
}

/// <summary>Writes rows in aligned columns. Every cell is rendered once, into chunks of bytes; nothing is kept as a string.</summary>
public static class TextTable
{
    private const int ChunkBytes = 64 * 1024;

    /// <summary>Columns between two columns.</summary>
    public const int Gap = 2;

    private const int LeastShrunkWidth = 8;

    /// <summary>Writes the heading and the rows.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="columns">The columns.</param>
    /// <param name="rows">The rows.</param>
    /// <param name="color">Whether to use colour.</param>
    /// <param name="maxWidth">The terminal's width, or <c>null</c> to cut nothing.</param>
    /// <param name="heading">Whether to write the heading.</param>
    public static void Write<TRows>(
        Utf8Writer output,
        ReadOnlySpan<TableColumn> columns,
        TRows rows,
        bool color = false,
        int? maxWidth = null,
        bool heading = true)
        where TRows : ITableRows
    {
        var chunks = Lay(columns, ref rows, maxWidth, heading, out var widths);
        if (heading)
        {
            WriteHeading(output, columns, widths, color);
        }

        var details = rows as IDetailedRows;
        var row = 0;
        foreach (var chunk in CollectionsMarshal.AsSpan(chunks))
        {
            WriteChunk(output, chunk, columns, widths, color, details, ref row);
        }
    }

    /// <summary>How wide each column of such a table is, with its heading.</summary>
    public static int[] Widths<TRows>(ReadOnlySpan<TableColumn> columns, TRows rows, int maxWidth)
        where TRows : ITableRows
    {
        Lay(columns, ref rows, maxWidth, heading: true, out var widths);
        return widths;
    }

    private static List<Chunk> Lay<TRows>(ReadOnlySpan<TableColumn> columns, ref TRows rows, int? maxWidth, bool heading, out int[] widths)
        where TRows : ITableRows
    {
        widths = new int[columns.Length];
        for (var i = 0; i < columns.Length; i++)
        {
            widths[i] = Math.Max(columns[i].MinWidth, heading ? columns[i].Name.Length : 0);
        }

        var chunks = Render(columns.Length, ref rows, widths);
        if (maxWidth is { } limit)
        {
            Shrink(columns, widths, limit);
        }

        return chunks;
    }

    private static List<Chunk> Render<TRows>(int columnCount, ref TRows rows, int[] widths)
        where TRows : ITableRows
    {
        var chunks = new List<Chunk>();

        // A scan writes a table of a row or two for each of very many hosts.
        var text = new Utf8Writer(capacity: (int)Math.Min(4096L, Math.Max(1, rows.Count) * 64L));
        var cells = new List<Cell>(Math.Min(64, rows.Count * columnCount));
        for (var row = 0; row < rows.Count; row++)
        {
            for (var column = 0; column < columnCount; column++)
            {
                var start = text.Length;
                var style = rows.WriteCell(row, column, text);
                var width = DisplayWidth.Of(text.Written[start..]);
                cells.Add(new Cell(text.Length, width, style));
                widths[column] = Math.Max(widths[column], width);
            }

            if (text.Length >= ChunkBytes)
            {
                chunks.Add(new Chunk(text, cells));
                (text, cells) = (new Utf8Writer(capacity: ChunkBytes + 1024), new List<Cell>(cells.Count));
            }
        }

        chunks.Add(new Chunk(text, cells));
        return chunks;
    }

    /// <summary>Takes columns away from the widest of those that may shrink until the table fits or none can give more.</summary>
    private static void Shrink(ReadOnlySpan<TableColumn> columns, int[] widths, int limit)
    {
        var excess = ((widths.Length - 1) * Gap) - limit;
        foreach (var width in widths)
        {
            excess += width;
        }

        while (excess > 0)
        {
            var widest = -1;
            for (var i = 0; i < columns.Length; i++)
            {
                var least = Math.Max(LeastShrunkWidth, Math.Max(columns[i].MinWidth, columns[i].Name.Length));
                if (columns[i].Shrinks && widths[i] > least && (widest < 0 || widths[i] > widths[widest]))
                {
                    widest = i;
                }
            }

            if (widest < 0)
            {
                return;
            }

            widths[widest]--;
            excess--;
        }
    }

    private static void WriteHeading(Utf8Writer output, ReadOnlySpan<TableColumn> columns, int[] widths, bool color)
    {
        output.Write(color ? AnsiStyles.Start(AnsiStyle.Bold) : default);
        for (var i = 0; i < columns.Length; i++)
        {
            var padding = widths[i] - columns[i].Name.Length;
            output.Pad(columns[i].AlignRight ? padding : 0);
            output.Write(columns[i].Name);
            output.Pad(i == columns.Length - 1 ? 0 : (columns[i].AlignRight ? 0 : padding) + Gap);
        }

        output.Write(color ? AnsiStyles.Reset : default);
        output.WriteLine();
    }

    private static void WriteChunk(
        Utf8Writer output, in Chunk chunk, ReadOnlySpan<TableColumn> columns, int[] widths, bool color, IDetailedRows? details, ref int row)
    {
        var text = chunk.Text.Written;
        var start = 0;
        var column = 0;

        // Spaces wait for a text to stand before: a row whose last cells are empty has none at its end.
        var spaces = 0;
        foreach (ref readonly var cell in CollectionsMarshal.AsSpan(chunk.Cells))
        {
            var value = text[start..cell.End];
            start = cell.End;
            var isLast = column == columns.Length - 1;
            var width = widths[column];
            var padding = Math.Max(0, width - cell.Width);
            if (columns[column].AlignRight)
            {
                spaces += padding;
                padding = 0;
            }

            if (!value.IsEmpty)
            {
                output.Pad(spaces);
                spaces = 0;
            }

            var styled = color && cell.Style != AnsiStyle.None && !value.IsEmpty;
            output.Write(styled ? AnsiStyles.Start(cell.Style) : default);
            if (cell.Width <= width)
            {
                output.Write(value);
            }
            else
            {
                padding = WriteCut(output, value, width);
            }

            output.Write(styled ? AnsiStyles.Reset : default);
            if (isLast)
            {
                output.WriteLine();
                details?.WriteBelow(row++, output);
                column = spaces = 0;
            }
            else
            {
                spaces += padding + Gap;
                column++;
            }
        }
    }

    /// <summary>Writes what fits and <c>…</c>; returns the columns left over when a wide character did not fit.</summary>
    private static int WriteCut(Utf8Writer output, ReadOnlySpan<byte> value, int width)
    {
        var kept = value[..DisplayWidth.BytesThatFit(value, width - 1)];
        output.Write(kept);
        output.Write("…"u8);
        return width - 1 - DisplayWidth.Of(kept);
    }

    private readonly record struct Cell(int End, int Width, AnsiStyle Style);

    private readonly record struct Chunk(Utf8Writer Text, List<Cell> Cells);
}
