using System.Globalization;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Filtering;

namespace Portolan.Web.Feed;

/// <summary>One reading of this machine: its ports, judged. It does not change.</summary>
/// <param name="Machine">The acquirers that it was read with, for what else is asked of the same moment; for one thread at a time.</param>
/// <param name="Facts">What was read.</param>
/// <param name="Chart">The rows, judged.</param>
/// <param name="Missing">What could not be read or judged.</param>
/// <param name="TakenAt">When.</param>
/// <param name="Cost">How long it took.</param>
internal sealed record ChartView(
    Machine Machine, MachineFacts Facts, ChartModel Chart, IReadOnlyList<MissingFact> Missing, DateTimeOffset TakenAt, TimeSpan Cost)
{
    /// <summary>Which reading this is, of those that differ; from 1.</summary>
    internal int Generation { get; init; }

    /// <summary>The machine.</summary>
    internal string Host { get; } = Environment.MachineName;

    /// <summary>How many ports there are of each kind.</summary>
    internal TotalsRecord Totals => field ??= TotalsRecord.Of(Chart.Rows);

    /// <summary>The rules and the routing; read once, when they are first asked for.</summary>
    internal FirewallReading Firewall
    {
        get
        {
            lock (Machine)
            {
                return Machine.Firewall;
            }
        }
    }

    /// <summary>What of each row is compared with the next reading, by what names the row.</summary>
    internal IReadOnlyDictionary<RowKey, RowState> States => field ??= StatesOf(Chart.Rows);

    /// <summary>Names that stand in a filter of sockets.</summary>
    internal FilterNames FilterNames()
    {
        lock (Machine)
        {
            return Machine.FilterNames(allNamespaces: false);
        }
    }

    private static Dictionary<RowKey, RowState> StatesOf(IReadOnlyList<ChartRow> rows)
    {
        var states = new Dictionary<RowKey, RowState>();
        foreach (var row in rows)
        {
            // Two owners of one port are two rows: what names the second is its owner.
            var key = new RowKey(row.NamespaceIndex, row.Protocol, row.Port, "");
            var state = RowState.Of(row);
            if (!states.TryAdd(key, state))
            {
                states[key with { Owner = state.Owner }] = state;
            }
        }

        return states;
    }
}

/// <summary>What names a row.</summary>
internal readonly record struct RowKey(int Namespace, TransportProtocol Protocol, PortNumber Port, string Owner);

/// <summary>What of a row makes a reading another one.</summary>
internal readonly record struct RowState(string Owner, PortExposure Exposure, string Binds, int Connections, ulong? Bytes)
{
    /// <summary>Of a row.</summary>
    internal static RowState Of(ChartRow row) => new(
        row.Owner.InSentence, row.Exposure,
        string.Join(' ', row.Binds.Select(static b => string.Create(CultureInfo.InvariantCulture, $"{b.Address}%{b.InterfaceIndex}"))),
        row.Connections, row.BytesIn is null && row.BytesOut is null ? null : (row.BytesIn ?? 0) + (row.BytesOut ?? 0));
}
