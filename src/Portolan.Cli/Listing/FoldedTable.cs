using System.Text;
using Portolan.Cli.Output;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// Prints sockets whose row is wider than the terminal: columns that do not fit stand on the next line, and a cell that is longer than a
/// line is broken between words. Nothing is left out.
/// </summary>
internal sealed class FoldedTable
{
    private const int Indent = 6;

    private readonly Column[] _columns;
    private readonly int[] _widths;
    private readonly int _width;
    private readonly List<(int First, int End)> _lines = [];
    private readonly Utf8Writer _scratch = new();

    /// <summary>Shares the columns out to lines.</summary>
    /// <param name="columns">The columns.</param>
    /// <param name="widths">How wide each is.</param>
    /// <param name="width">Columns of the terminal.</param>
    public FoldedTable(Column[] columns, int[] widths, int width)
    {
        (_columns, _widths, _width) = (columns, widths, width);
        var (first, used) = (0, 0);
        for (var i = 0; i < columns.Length; i++)
        {
            if (i > first && used + 1 + widths[i] > width)
            {
                _lines.Add((first, i));
                (first, used) = (i, Indent - 1);
            }

            used += widths[i] + (i > first || _lines.Count > 0 ? 1 : 0);
        }

        _lines.Add((first, columns.Length));
    }

    /// <summary>Writes the heading.</summary>
    public void WriteHeading(Utf8Writer output, bool color)
    {
        output.Write(color ? AnsiStyles.Start(AnsiStyle.Bold) : default);
        WriteLines(output, i => _columns[i].Heading);
        output.Write(color ? AnsiStyles.Reset : default);
    }

    /// <summary>Writes a row and what follows it.</summary>
    public void WriteRow(in SocketEntry entry, DetailLine? details, Utf8Writer output)
    {
        var cells = new string[_columns.Length];
        for (var i = 0; i < cells.Length; i++)
        {
            _scratch.Clear();
            _columns[i].Write(entry, _scratch);
            cells[i] = Encoding.UTF8.GetString(_scratch.Written);
        }

        WriteLines(output, i => cells[i]);
        _scratch.Clear();
        details?.Write(entry, _scratch);
        if (Encoding.UTF8.GetString(_scratch.Written).Trim() is { Length: > 0 } more)
        {
            foreach (var line in LineWrap.Break(more, _width - Indent))
            {
                output.Pad(Indent);
                output.WriteLine(line);
            }
        }
    }

    private void WriteLines(Utf8Writer output, Func<int, string> cell)
    {
        for (var line = 0; line < _lines.Count; line++)
        {
            var (first, end) = _lines[line];
            var indent = line == 0 ? 0 : Indent;
            var spaces = indent;
            var used = 0;
            for (var i = first; i < end; i++)
            {
                var text = cell(i);
                var padding = Math.Max(0, _widths[i] - LineWrap.Width(text));
                spaces += _columns[i].IsNumber ? padding : 0;
                if (text.Length > 0)
                {
                    var parts = LineWrap.Break(text, Math.Max(1, _width - used - spaces), Math.Max(1, _width - Indent));
                    output.Pad(spaces);
                    output.Write(parts[0]);
                    foreach (var more in parts.Skip(1))
                    {
                        output.WriteLine();
                        output.Pad(Indent);
                        output.Write(more);
                    }

                    used += spaces + LineWrap.Width(text);
                    spaces = 0;
                }

                spaces += (_columns[i].IsNumber ? 0 : padding) + 1;
            }

            if (used > 0)
            {
                output.WriteLine();
            }
        }
    }
}
