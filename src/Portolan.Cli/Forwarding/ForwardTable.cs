using System.Globalization;
using Portolan.Cli.Output;
using Portolan.Forwarding.Engine;
using Portolan.Forwarding.Model;
using Portolan.Forwarding.Statistics;
using Portolan.Model;

namespace Portolan.Cli.Forwarding;

/// <summary>Forwards as a table: connections, bytes, rates, errors by cause.</summary>
internal sealed class ForwardTable
{
    private static readonly TableColumn[] Columns =
    [
        new("LISTEN"),
        new("TARGET", Shrinks: true, MinWidth: 12),
        new("OPEN", AlignRight: true),
        new("TOTAL", AlignRight: true),
        new("IN", AlignRight: true),
        new("OUT", AlignRight: true),
        new("IN/S", AlignRight: true),
        new("OUT/S", AlignRight: true),
        new("ERRORS", Shrinks: true, MinWidth: 8),
    ];

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

    /// <summary>Writes it, and returns how many lines it has.</summary>
    public int Write(Utf8Writer output, bool color, int? width)
    {
        TextTable.Write(output, Columns, new Rows(_rows), color, width);
        return _rows.Count + 1;
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
                    cell.WriteEscaped(string.Join(',', one.First.Targets.Select(t => ForwardRanges.Target(t, one.Count))));
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
            var isFirst = true;
            for (var cause = EndCause.Completed; (int)cause < EndCauses.Count; cause++)
            {
                // Of clients that were left out, their number says more than that of their datagrams.
                if (!cause.IsOrdinary() && (totals.Ended(cause) is var ended and > 0 ? ended : totals.Lost(cause)) is var count and > 0)
                {
                    cell.Write(string.Create(CultureInfo.InvariantCulture, $"{(isFirst ? "" : ", ")}{count} {cause.Name()}"));
                    isFirst = false;
                }
            }

            if (isFirst)
            {
                cell.Write("-");
            }

            return isFirst ? AnsiStyle.Dim : AnsiStyle.Yellow;
        }
    }
}
