using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Cli.Output;
using Portolan.Traffic;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>Traffic as a table, with the row that closes the sum.</summary>
internal sealed class TrafficText(CommandContext context, TrafficGrouping grouping, bool isLive)
{
    private readonly IReadOnlyList<TrafficColumn> _columns = TrafficColumns.Of(grouping, context, isLive);

    /// <summary>Writes the table.</summary>
    /// <param name="rows">The rows, in order.</param>
    /// <param name="summary">What they are of.</param>
    /// <param name="width">The terminal's width, or <c>null</c>. Columns that matter least go where it is narrow.</param>
    /// <returns>How many lines it has.</returns>
    public int Write(IReadOnlyList<RatedRow> rows, TrafficSummary summary, int? width)
    {
        var columns = _columns.ToList();
        while (width is { } limit && columns.Count > 3 && Least(columns, rows) > limit)
        {
            columns.Remove(columns.MinBy(static c => c.Rank)!);
        }

        TextTable.Write(
            context.Writer, columns.Select(static c => c.Heading).ToArray(), new Cells(rows, columns), context.OutputColor, width);
        if (summary.Unattributed is not { } rest)
        {
            return rows.Count + 1;
        }

        // A line that the terminal breaks could not be taken back.
        var line = Rest(rest, summary.Method);
        context.Writer.WriteLine(isLive && line.Length > width ? line[..width.Value] : line);
        return rows.Count + 2;
    }

    /// <summary>The row that closes the sum, in bytes on the wire.</summary>
    private static string Rest(Unattributed rest, TrafficMethod method)
    {
        // Polling counts no datagrams: they are part of what is left.
        var udp = method == TrafficMethod.Polling ? "UDP, " : "";
        var (wireIn, wireOut) = (Sum(rest, static i => i.BytesIn), Sum(rest, static i => i.BytesOut));
        return string.Create(
            CultureInfo.InvariantCulture,
            $"unattributed: {Signed(rest.BytesIn)} in, {Signed(rest.BytesOut)} out of {new ByteSize(wireIn)}B in, ")
            + $"{new ByteSize(wireOut)}B out on the wire (headers, retransmissions, {udp}forwarded packets); rows are payload";
    }

    private static string Signed(long bytes) => bytes < 0 ? $"-{new ByteSize((ulong)-bytes)}B" : $"{new ByteSize((ulong)bytes)}B";

    private static ulong Sum(Unattributed rest, Func<Portolan.Traffic.Machine.InterfaceCounters, ulong> figure) =>
        rest.Interfaces.Aggregate(0UL, (sum, one) => sum + figure(one));

    /// <summary>How narrow the table can be made.</summary>
    private static int Least(List<TrafficColumn> columns, IReadOnlyList<RatedRow> rows)
    {
        const int Shrunk = 8;
        var widths = TextTable.Widths(
            columns.Select(static c => c.Heading).ToArray(), new Cells(rows, columns), int.MaxValue);
        var sum = (columns.Count - 1) * TextTable.Gap;
        for (var index = 0; index < widths.Length; index++)
        {
            var heading = columns[index].Heading;
            sum += heading.Shrinks ? Math.Min(widths[index], Math.Max(Shrunk, heading.Name.Length)) : widths[index];
        }

        return sum;
    }

    private readonly struct Cells(IReadOnlyList<RatedRow> rows, IReadOnlyList<TrafficColumn> columns) : ITableRows
    {
        public int Count => rows.Count;

        public AnsiStyle WriteCell(int row, int column, Utf8Writer cell)
        {
            columns[column].Write(rows[row], cell);
            return AnsiStyle.None;
        }
    }
}
