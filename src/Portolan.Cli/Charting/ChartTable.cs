using Portolan.Cli.Output;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Charting;

/// <summary>Writes rows of the chart in one shape.</summary>
internal sealed class ChartTable(ChartShape shape, ChartCells cells, int? width, bool color)
{
    private const int Indent = 2;

    /// <summary>Writes the heading.</summary>
    public void WriteHeading(Utf8Writer output)
    {
        if (shape.IsTwoLines)
        {
            WriteFirst(output, "PORT", "BIND", Styled("OWNER", AnsiStyle.Bold), AnsiStyle.Bold);
            string[] names = ["FIREWALL", "SERVICE", .. shape.Version > 0 ? (string[])["VERSION"] : [], "CONN IN/OUT"];
            WritePieces(output, [.. names.Select(static n => Styled(n, AnsiStyle.Bold))], width ?? ChartShape.LeastWidth);
            return;
        }

        WriteCells(
            output,
            [
                new("PORT", shape.Port, AnsiStyle.Bold), new("BIND", shape.Bind, AnsiStyle.Bold), new("OWNER", shape.Owner, AnsiStyle.Bold),
                new("SERVICE", shape.Service, AnsiStyle.Bold), new("VERSION", shape.Version, AnsiStyle.Bold),
                new("FIREWALL", shape.Firewall, AnsiStyle.Bold), new("CONN", shape.Connections, AnsiStyle.Bold, IsRight: true),
                new("IN/OUT", shape.Traffic, AnsiStyle.Bold),
            ]);
    }

    private const string Dot = " · ";

    /// <summary>Writes a row: one line, or as many as its verdict takes.</summary>
    public void WriteRow(Utf8Writer output, ChartRow row)
    {
        if (shape.IsTwoLines)
        {
            WriteTwoLines(output, row);
            return;
        }

        var (bind, owner, verdict) = (cells.Bind(row), cells.Owner(row, OwnerDetail.Full), ChartCells.Firewall(row));
        List<string> binds = [bind], owners = [owner], verdicts = [verdict];
        if (width is not null)
        {
            binds = LineWrap.Break(bind, shape.Bind);
            owners = LineWrap.Break(cells.Owner(row, shape.Owner), shape.Owner);
            verdicts = LineWrap.Break(verdict, shape.Firewall);
        }

        WriteCells(
            output,
            [
                new(ChartCells.Port(row), shape.Port, AnsiStyle.Bold), new(binds[0], shape.Bind),
                new(owners[0], shape.Owner, ChartCells.OwnerStyle(row)),
                new(OwnerName.Cut(cells.Service(row), shape.Service), shape.Service, ChartCells.ServiceStyle(row)),
                new(OwnerName.Cut(ChartCells.Version(row), shape.Version), shape.Version),
                new(verdicts[0], shape.Firewall, ChartCells.FirewallStyle(row)),
                new(ChartCells.Connections(row), shape.Connections, row.Connections == 0 ? AnsiStyle.Dim : AnsiStyle.None, IsRight: true),
                new(ChartCells.Traffic(row), shape.Traffic, AnsiStyle.Dim),
            ]);
        for (var line = 1; line < Math.Max(binds.Count, Math.Max(owners.Count, verdicts.Count)); line++)
        {
            WriteCells(
                output,
                [
                    new("", shape.Port), new(binds.ElementAtOrDefault(line) ?? "", shape.Bind),
                    new(owners.ElementAtOrDefault(line) ?? "", shape.Owner, ChartCells.OwnerStyle(row)),
                    new("", shape.Service), new("", shape.Version),
                    new(verdicts.ElementAtOrDefault(line) ?? "", shape.Firewall, ChartCells.FirewallStyle(row)),
                ]);
        }
    }

    private void WriteTwoLines(Utf8Writer output, ChartRow row)
    {
        var columns = width ?? ChartShape.LeastWidth;
        var bind = cells.Bind(row);
        var start = shape.Port + TextTable.Gap;

        // Where the binds of all rows are short they line up; a long one has its owner behind it, or below.
        var room = columns - start - Math.Max(LineWrap.Width(bind), BindWidth) - TextTable.Gap;
        var owner = cells.Owner(row, room);
        WriteFirst(
            output, ChartCells.Port(row), bind, Styled(owner, ChartCells.OwnerStyle(row)), AnsiStyle.Bold, room < LineWrap.Width(owner));
        var parts = new List<Piece>();
        if (row.Exposure != PortExposure.Local)
        {
            parts.Add(Styled(ChartCells.Firewall(row), ChartCells.FirewallStyle(row)));
        }

        if (cells.Service(row) is { Length: > 0 } service)
        {
            parts.Add(Styled(service, ChartCells.ServiceStyle(row)));
        }

        if (shape.Version > 0 && ChartCells.Version(row) is { Length: > 0 } version)
        {
            parts.Add(Styled(version, AnsiStyle.None));
        }

        if (row.Connections > 0 || ChartCells.HasTraffic(row))
        {
            parts.Add(Styled($"{ChartCells.Connections(row)} open {ChartCells.Traffic(row)}", AnsiStyle.None));
        }

        if (parts.Count > 0)
        {
            WritePieces(output, parts, columns);
        }
    }

    private int BindWidth => Math.Min(shape.Bind, Math.Max(LongestShortBind, ((width ?? ChartShape.LeastWidth) - shape.Port) / 3));

    private const int LongestShortBind = 8;

    private void WriteFirst(
        Utf8Writer output, string port, string bind, Piece owner, AnsiStyle style, bool isBelow = false)
    {
        var columns = width ?? ChartShape.LeastWidth;
        var start = shape.Port + TextTable.Gap;
        output.Write(port, style, color);
        output.Pad(start - LineWrap.Width(port));
        var used = start;
        foreach (var (line, at) in LineWrap.Break(bind, columns - start).Select(static (line, at) => (line, at)))
        {
            NewLine(output, at, start);
            output.Write(line, port == "PORT" ? style : AnsiStyle.None, color);
            used = LineWrap.Width(line);
        }

        if (isBelow)
        {
            foreach (var line in LineWrap.Break(owner.Text, columns - start))
            {
                NewLine(output, 1, start);
                output.Write(line, owner.Style, color);
            }
        }
        else
        {
            output.Pad(Math.Max(BindWidth - used, 0) + TextTable.Gap);
            output.Write(owner.Text, owner.Style, color);
        }

        output.WriteLine();
    }

    private static void NewLine(Utf8Writer output, int at, int start)
    {
        if (at > 0)
        {
            output.WriteLine();
            output.Pad(start);
        }
    }

    /// <summary>
    /// Writes pieces with points between them; a line that is full ends between two pieces, or between words of a long one.
    /// </summary>
    private void WritePieces(Utf8Writer output, List<Piece> pieces, int columns)
    {
        output.Pad(Indent);
        var used = Indent;
        var isFirst = true;
        foreach (var piece in pieces)
        {
            var separator = isFirst ? "" : Dot;
            if (!isFirst && used + separator.Length + LineWrap.Width(piece.Text) > columns)
            {
                (used, separator) = (Indent, "");
                output.WriteLine();
                output.Pad(used);
            }

            isFirst = false;
            output.Write(separator, AnsiStyle.Dim, color);
            used += separator.Length;
            foreach (var (line, at) in LineWrap.Break(piece.Text, columns - used, columns - Indent).Select(static (line, at) => (line, at)))
            {
                NewLine(output, at, Indent);
                output.Write(line, piece.Style, color);
                used = (at > 0 ? Indent : used) + LineWrap.Width(line);
            }
        }

        output.WriteLine();
    }

    private void WriteCells(Utf8Writer output, ReadOnlySpan<Cell> row)
    {
        // Spaces wait for a text to stand before: a row whose last cells are empty has none at its end.
        var spaces = 0;
        foreach (var cell in row)
        {
            if (cell.Width == 0)
            {
                continue;
            }

            var padding = Math.Max(0, cell.Width - LineWrap.Width(cell.Text));
            if (cell.Text.Length > 0)
            {
                output.Pad(spaces + (cell.IsRight ? padding : 0));
                output.Write(cell.Text, cell.Style, color);
                spaces = cell.IsRight ? 0 : padding;
            }
            else
            {
                spaces += cell.Width;
            }

            spaces += TextTable.Gap;
        }

        output.WriteLine();
    }

    private static Piece Styled(string text, AnsiStyle style) => new(text, style);

    private readonly record struct Piece(string Text, AnsiStyle Style);

    private readonly record struct Cell(string Text, int Width, AnsiStyle Style = AnsiStyle.None, bool IsRight = false);
}
