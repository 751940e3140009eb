using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;

namespace Portolan.Web.Feed;

/// <summary>One reading of this machine: its ports, judged or before that. It does not change.</summary>
/// <param name="Open">Makes acquirers, for names that a filter asks for.</param>
/// <param name="Facts">What was read.</param>
/// <param name="Chart">The rows.</param>
/// <param name="Missing">What could not be read or judged.</param>
/// <param name="TakenAt">When.</param>
/// <param name="Cost">How long it took.</param>
internal sealed record ChartView(
    Func<Machine> Open, MachineFacts Facts, ChartModel Chart, IReadOnlyList<MissingFact> Missing, DateTimeOffset TakenAt, TimeSpan Cost)
{
    private const int PositionBits = 24;

    /// <summary>The rules and the routing that the rows were judged by; <c>null</c> before they are.</summary>
    internal FirewallReading? Firewall { get; init; }

    /// <summary>Whether the rows have no verdicts yet.</summary>
    internal bool IsJudging => Firewall is null;

    /// <summary>Whether nothing is missing, verdicts included.</summary>
    internal bool IsComplete => !IsJudging && Missing.Count == 0;

    /// <summary>Which reading this is, of those that differ; from 1.</summary>
    internal int Generation { get; init; }

    /// <summary>The machine.</summary>
    internal string Host { get; } = Environment.MachineName;

    /// <summary>How many ports there are of each kind.</summary>
    internal TotalsRecord Totals => field ??= TotalsRecord.Of(Chart.Rows);

    /// <summary>
    /// A number for each row, ascending by namespace, protocol, port and position: <see cref="PortOf"/> names its port,
    /// <see cref="RowAt"/> its row. To compare one reading with another.
    /// </summary>
    internal IReadOnlyList<ulong> ByPort => field ??= Sorted(Chart.Rows);

    /// <summary>What two rows of the same port have in common.</summary>
    internal static ulong PortOf(ulong number) => number >> PositionBits;

    /// <summary>The row of a number.</summary>
    internal ChartRow RowAt(ulong number) => Chart.Rows[(int)(number & ((1UL << PositionBits) - 1))];

    /// <summary>Names that stand in a filter of sockets.</summary>
    internal FilterNames FilterNames() => Open().FilterNames(allNamespaces: false);

    private static ulong[] Sorted(IReadOnlyList<ChartRow> rows)
    {
        var numbers = new ulong[rows.Count];
        for (var i = 0; i < numbers.Length; i++)
        {
            var row = rows[i];
            var port = ((ulong)row.NamespaceIndex << 24) | ((ulong)(byte)row.Protocol << 16) | row.Port.Value;
            numbers[i] = (port << PositionBits) | (uint)i;
        }

        Array.Sort(numbers);
        return numbers;
    }
}
