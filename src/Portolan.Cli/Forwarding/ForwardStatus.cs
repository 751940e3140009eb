using System.Globalization;
using Portolan.Cli.Help;
using Portolan.Cli.Output;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>Forwards as a table: connections, bytes, rates, errors by cause.</summary>
internal sealed class ForwardStatus
{
    private static readonly TableColumn[] Columns =
    [
        new("LISTEN"),
        new("TARGET"),
        new("OPEN", AlignRight: true),
        new("TOTAL", AlignRight: true),
        new("IN", AlignRight: true),
        new("OUT", AlignRight: true),
        new("IN/S", AlignRight: true),
        new("OUT/S", AlignRight: true),
        new("ERRORS"),
    ];

    /// <summary>Spaces before a line that belongs to one above.</summary>
    private const int Indent = 4;

    private readonly List<Row> _rows = [];
    private List<(long Up, long Down)> _before = [];

    /// <summary>Reads the counters; rates are those since the last time.</summary>
    public void Update(IForwardEngine engine, double seconds)
    {
        _rows.Clear();
        var forwards = engine.Forwards.Select((f, i) => f with { Listen = engine.BoundTo(i) }).ToList();
        List<(long Up, long Down)> now = [];
        foreach (var (first, count) in ForwardRanges.Group(forwards, engine.IsGone))
        {
            var (sum, up, down) = (new ForwardTotals(), 0L, 0L);
            for (var i = first; i < first + count; i++)
            {
                var totals = engine.Totals(i);
                var before = i < _before.Count ? _before[i] : default;
                now.Add((totals.BytesUp, totals.BytesDown));
                (up, down) = (up + totals.BytesUp - before.Up, down + totals.BytesDown - before.Down);
                sum.Add(totals);
            }

            if (!engine.IsGone(first))
            {
                _rows.Add(new Row(forwards[first], count, sum, PerSecond(up, seconds), PerSecond(down, seconds)));
            }
        }

        _before = now;
    }

    /// <summary>Writes it: as a table where that has room, otherwise some lines for each forward. Nothing is cut.</summary>
    /// <param name="output">Where to.</param>
    /// <param name="color">Whether there is colour.</param>
    /// <param name="width">How wide a line may be; <c>null</c> for any.</param>
    /// <param name="mostLines">How many lines there may be; what has no room is counted.</param>
    /// <returns>How many lines it has.</returns>
    public int Write(Utf8Writer output, bool color, int? width, int mostLines = int.MaxValue)
    {
        if (width is { } columns && WidthOf(_rows) > columns)
        {
            return WriteBlocks(output, color, columns, mostLines);
        }

        // Of one that has no room the line reports how many there are.
        var shown = _rows.Count < mostLines ? _rows.Count : Math.Max(0, mostLines - 2);
        TextTable.Write(output, Columns, new Rows(_rows[..shown]), color);
        return 1 + shown + WriteRest(output, shown);
    }

    private static int WidthOf(List<Row> rows)
    {
        var widths = TextTable.Widths(Columns, new Rows(rows), int.MaxValue);
        return widths.Sum() + (2 * (widths.Length - 1));
    }

    private int WriteBlocks(Utf8Writer output, bool color, int width, int mostLines)
    {
        var (lines, shown) = (0, 0);
        foreach (var row in _rows)
        {
            var block = Block(row, width);
            if (lines + block.Count + (shown == _rows.Count - 1 ? 0 : 1) > mostLines)
            {
                break;
            }

            output.Write(color ? AnsiStyles.Start(AnsiStyle.Bold) : default);
            output.Write(block[0]);
            output.Write(color ? AnsiStyles.Reset : default);
            output.WriteLine();
            block.Skip(1).ToList().ForEach(line => output.WriteLine(line));
            (lines, shown) = (lines + block.Count, shown + 1);
        }

        return lines + WriteRest(output, shown);
    }

    private int WriteRest(Utf8Writer output, int shown)
    {
        if (shown == _rows.Count)
        {
            return 0;
        }

        output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"and {_rows.Count - shown} more: the final table has all"));
        return 1;
    }

    private static List<string> Block(Row row, int width)
    {
        var totals = row.Totals;
        var counts = string.Create(
            CultureInfo.InvariantCulture,
            $"{totals.Active} open of {totals.Connections}, in {new ByteSize((ulong)totals.BytesUp)}B ({new ByteSize(row.UpRate)}B/s), ")
            + $"out {new ByteSize((ulong)totals.BytesDown)}B ({new ByteSize(row.DownRate)}B/s)";
        List<string> lines = [
            .. Lay($"{TerminalText.Escape(ForwardRanges.Listen(row.First, row.Count))} to {Targets(row, ", ")}", 0), .. Lay(counts, 2)];
        return Errors(totals) is { Length: > 0 } errors ? [.. lines, .. Lay(errors, 2)] : lines;

        // Words that are longer than a line, such as paths, are broken.
        IEnumerable<string> Lay(string text, int indent)
        {
            var isFirst = true;
            foreach (var line in Paragraphs.Wrap(text, width - Indent))
            {
                foreach (var piece in line.Chunk(width - Indent))
                {
                    yield return $"{new string(' ', isFirst ? indent : Indent)}{new string(piece)}";
                    isFirst = false;
                }
            }
        }
    }

    private static string Targets(Row row, string between) =>
        TerminalText.Escape(string.Join(between, row.First.Targets.Select(t => ForwardRanges.Target(t, row.Count))));

    /// <summary>Errors by cause; empty where there are none.</summary>
    private static string Errors(ForwardTotals totals)
    {
        var parts = new List<string>();
        for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
        {
            // Of clients that were left out, their number says more than that of their datagrams.
            if (!cause.IsOrdinary() && (totals.Ended(cause) is var ended and > 0 ? ended : totals.Lost(cause)) is var count and > 0)
            {
                parts.Add(string.Create(CultureInfo.InvariantCulture, $"{count} {cause.Name()}"));
            }
        }

        return string.Join(", ", parts);
    }

    private static ulong PerSecond(long bytes, double seconds) => seconds <= 0 ? 0 : (ulong)Math.Max(0, bytes / seconds);

    private readonly record struct Row(ForwardSpec First, int Count, ForwardTotals Totals, ulong UpRate, ulong DownRate);

    private readonly struct Rows(List<Row> rows) : ITableRows
    {
        public int Count => rows.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            var one = rows[row];
            switch (column)
            {
                case 0:
                    cell.WriteEscaped(ForwardRanges.Listen(one.First, one.Count));
                    return AnsiStyle.Bold;
                case 1:
                    cell.Write(Targets(one, ","));
                    return AnsiStyle.None;
                case 2:
                    cell.Write(one.Totals.Active);
                    return AnsiStyle.None;
                case 3:
                    cell.Write(one.Totals.Connections);
                    return AnsiStyle.None;
                case 4:
                    cell.Write(new ByteSize((ulong)one.Totals.BytesUp));
                    return AnsiStyle.None;
                case 5:
                    cell.Write(new ByteSize((ulong)one.Totals.BytesDown));
                    return AnsiStyle.None;
                case 6:
                    cell.Write(new ByteSize(one.UpRate));
                    return AnsiStyle.None;
                case 7:
                    cell.Write(new ByteSize(one.DownRate));
                    return AnsiStyle.None;
                default:
                    return WriteErrors(one.Totals, cell);
            }
        }

        private static AnsiStyle WriteErrors(ForwardTotals totals, Utf8Writer cell)
        {
            var errors = Errors(totals);
            cell.Write(errors.Length > 0 ? errors : "-");
            return errors.Length > 0 ? AnsiStyle.Yellow : AnsiStyle.Dim;
        }
    }
}
