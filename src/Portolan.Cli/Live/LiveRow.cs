using Portolan.Model;
using Portolan.Sockets.Chart;

namespace Portolan.Cli.Live;

/// <summary>What became of a row since the screen was opened.</summary>
internal enum LiveMark
{
    /// <summary>Nothing that anyone needs to see.</summary>
    None,

    /// <summary>It was not there before.</summary>
    New,

    /// <summary>Its process, its addresses or its reach changed.</summary>
    Changed,

    /// <summary>It is there no longer.</summary>
    Gone,
}

/// <summary>What a row is known by from look to look.</summary>
/// <param name="Namespace">The network namespace's inode.</param>
/// <param name="Protocol">The protocol.</param>
/// <param name="Port">The port.</param>
/// <param name="Kind">What holds it.</param>
/// <param name="Owner">The holder's name, or the id of its container.</param>
/// <param name="Ordinal">Which of several that are alike.</param>
internal readonly record struct LiveRowKey(
    ulong Namespace, TransportProtocol Protocol, ushort Port, OwnerKind Kind, string Owner, int Ordinal)
{
    /// <summary>Numbers rows that are alike in their order.</summary>
    /// <param name="chart">The rows.</param>
    /// <param name="facts">The namespaces.</param>
    public static IEnumerable<(LiveRowKey Key, ChartRow Row)> Of(ChartModel chart, MachineFacts facts)
    {
        var seen = new Dictionary<LiveRowKey, int>(chart.Rows.Count);
        foreach (var row in chart.Rows)
        {
            var key = new LiveRowKey(
                facts.Snapshot.Namespaces[row.NamespaceIndex].Inode, row.Protocol, row.Port.Value, row.Owner.Kind,
                row.Owner.Container?.Id ?? row.Owner.Name, 0);
            var count = seen.GetValueOrDefault(key);
            seen[key] = count + 1;
            yield return (key with { Ordinal = count }, row);
        }
    }
}

/// <summary>A row of the live screen.</summary>
/// <param name="Key">What it is known by.</param>
/// <param name="Row">As it is now, or was last.</param>
/// <param name="Mark">What became of it.</param>
/// <param name="Since">When that was seen; <c>null</c> without a mark.</param>
/// <param name="Place">As it was when rows were sorted: it keeps its place while its figures change.</param>
internal sealed record LiveRow(LiveRowKey Key, ChartRow Row, LiveMark Mark, DateTimeOffset? Since, ChartRow Place)
{
    /// <summary>The row of a new look.</summary>
    public LiveRow Next(ChartRow row, DateTimeOffset at, DateTimeOffset forgottenBefore)
    {
        if (Mark == LiveMark.Gone)
        {
            return this with { Row = row, Mark = LiveMark.New, Since = at };
        }

        if (IsOther(Row, row))
        {
            return this with { Row = row, Mark = Mark == LiveMark.New ? LiveMark.New : LiveMark.Changed, Since = at };
        }

        return Since < forgottenBefore ? this with { Row = row, Mark = LiveMark.None, Since = null } : this with { Row = row };
    }

    // The machine is the same where a verdict becomes known, or unknown.
    private static bool IsOther(ChartRow before, ChartRow now) =>
        before.Owner.Main?.Pid != now.Owner.Main?.Pid || !before.Binds.SequenceEqual(now.Binds)
        || (before.Exposure != now.Exposure && before.Exposure != PortExposure.Unknown && now.Exposure != PortExposure.Unknown);
}
