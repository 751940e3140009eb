using Portolan.Sockets.Filtering;
using Portolan.Sockets.Owners;
using Portolan.Traffic.Counting;
using Portolan.Traffic.Grouping;
using Portolan.Traffic.Machine;

namespace Portolan.Traffic;

/// <summary>
/// Counts, and says at each look what was counted: rows with totals and rates, and what they leave of the interfaces' bytes.
/// </summary>
public sealed class TrafficMeter : IDisposable
{
    private readonly TrafficCounter _counter;
    private readonly HolderSearch _holders;
    private readonly ITrafficNames _names;
    private readonly TimeProvider _clock;
    private readonly long _begin;
    private readonly IReadOnlyList<InterfaceCounters>? _interfacesBefore;
    private Dictionary<TrafficRowKey, RowHistory> _histories = [];
    private TrafficReading? _reading;
    private TimeSpan _readAt;
    private TimeSpan _readBefore;

    private TrafficMeter(
        TrafficCounter counter, MissingFact? whyNotTraced, IOwnerFinder owners, ITrafficNames names, TimeProvider clock)
    {
        (_counter, WhyNotTraced, _names, _clock) = (counter, whyNotTraced, names, clock);
        _holders = new HolderSearch(owners);
        _interfacesBefore = InterfaceCounters.Read();
        _begin = clock.GetTimestamp();
        BeganAt = clock.GetUtcNow();
    }

    /// <summary>The way it counts.</summary>
    public TrafficMethod Method => _counter.Method;

    /// <summary>Why it does not count by tracepoints; <c>null</c> where it does, or was not to.</summary>
    public MissingFact? WhyNotTraced { get; }

    /// <summary>When counting began.</summary>
    public DateTimeOffset BeganAt { get; }

    /// <summary>How long it has counted.</summary>
    public TimeSpan Elapsed => _clock.GetElapsedTime(_begin);

    /// <summary>Begins to count.</summary>
    /// <exception cref="Linux.LinuxException">The kernel lets nothing be counted.</exception>
    public static TrafficMeter Open(
        TrafficOptions options, IOwnerFinder owners, ITrafficNames names, TimeProvider clock, CancellationToken cancellationToken)
    {
        var (counter, why) = TrafficCounter.Open(options, cancellationToken);
        return new TrafficMeter(counter, why, owners, names, clock);
    }

    /// <summary>Looks: at least once a second, so that processes are known before they are gone.</summary>
    /// <exception cref="Linux.LinuxException">The kernel no longer answers.</exception>
    public void Look(CancellationToken cancellationToken)
    {
        foreach (var flow in _reading?.Flows ?? [])
        {
            flow.Mark();
        }

        var reading = _counter.Read(cancellationToken);
        (_readBefore, _readAt) = (_readAt, Elapsed);
        _reading = reading;
        _holders.Find(reading, cancellationToken);
        foreach (var flow in reading.Flows)
        {
            if (flow is { Shares.Count: 0, HolderPid: not 0 })
            {
                _names.Process(flow.HolderPid, null);
            }

            foreach (var share in flow.Shares)
            {
                _names.Process(share.ProcessId, share);
            }
        }
    }

    /// <summary>Puts the last look together.</summary>
    /// <param name="grouping">What rows are.</param>
    /// <param name="filter">Which sockets they are of.</param>
    /// <param name="sinceBegin">Whether rates are those since counting began, not since the look before.</param>
    /// <param name="keepsRates">Whether rows have the rates of the looks before; for a reader of one grouping and one filter.</param>
    public TrafficSummary Summarize(TrafficGrouping grouping, SocketFilter filter, bool sinceBegin, bool keepsRates = true)
    {
        var reading = _reading ?? throw new InvalidOperationException("look first");
        var interval = sinceBegin ? _readAt : _readAt - _readBefore;
        var table = TrafficTable.Of(reading, grouping, filter, _names, flow => Rate(flow, sinceBegin, interval));
        var rows = new List<RatedRow>(table.Rows.Count);
        var histories = new Dictionary<TrafficRowKey, RowHistory>(sinceBegin || !keepsRates ? 0 : table.Rows.Count);
        foreach (var row in table.Rows)
        {
            if (sinceBegin)
            {
                rows.Add(RowHistory.Overall(row, interval));
                continue;
            }

            if (!keepsRates)
            {
                rows.Add(RowHistory.Last(row, interval));
                continue;
            }

            // Those of rows that are gone, or of another grouping, go.
            var history = _histories.GetValueOrDefault(row.Key) ?? new RowHistory();
            histories.Add(row.Key, history);
            rows.Add(history.Recent(row, _readAt, interval));
        }

        _histories = sinceBegin || !keepsRates ? _histories : histories;

        return new TrafficSummary(rows, Unattributed(table, filter), reading.Losses)
        {
            Method = _counter.Method,
            Elapsed = _readAt,
            Interval = interval,
            Missing = reading.Missing,
            HiddenProcesses = _holders.HiddenProcesses,
            Undecided = table.Undecided,
        };
    }

    /// <summary>The ways that the bytes took which were counted up to the last look.</summary>
    /// <param name="filter">Which sockets they are of.</param>
    public IReadOnlyDictionary<TrafficPath, ulong> Paths(SocketFilter filter) => TrafficPaths.Of(
        _reading ?? throw new InvalidOperationException("look first"), filter, _names,
        flow => Rate(flow, sinceBegin: false, _readAt - _readBefore));

    /// <inheritdoc/>
    public void Dispose() => _counter.Dispose();

    private static double? Rate(TrafficFlow flow, bool sinceBegin, TimeSpan interval) =>
        (sinceBegin ? flow.BytesIn + flow.BytesOut : flow.RecentIn + flow.RecentOut) is { } bytes && interval > TimeSpan.Zero
            ? bytes / interval.TotalSeconds
            : null;

    private Unattributed? Unattributed(TrafficTable table, SocketFilter filter)
    {
        if (filter.Syntax is not null || _interfacesBefore is not { } before || InterfaceCounters.Read() is not { } now)
        {
            return null;
        }

        var interfaces = new List<InterfaceCounters>();
        foreach (var counters in now)
        {
            var earlier = before.FirstOrDefault(b => b.Name == counters.Name);
            interfaces.Add((earlier is null ? counters : counters.Since(earlier)) ?? counters);
        }

        return new Unattributed(
            interfaces,
            interfaces.Aggregate(0L, static (sum, i) => sum + (long)i.BytesIn) - (long)table.OwnBytesIn,
            interfaces.Aggregate(0L, static (sum, i) => sum + (long)i.BytesOut) - (long)table.OwnBytesOut);
    }
}

/// <summary>What was counted up to one look.</summary>
/// <param name="Rows">The rows, in no order.</param>
/// <param name="Unattributed">What the rows leave; <c>null</c> with a filter, and where the interfaces cannot be read.</param>
/// <param name="Losses">What is known to have been missed.</param>
public sealed record TrafficSummary(IReadOnlyList<RatedRow> Rows, Unattributed? Unattributed, TrafficLosses Losses)
{
    /// <summary>The way it was counted.</summary>
    public TrafficMethod Method { get; init; }

    /// <summary>How long was counted.</summary>
    public TimeSpan Elapsed { get; init; }

    /// <summary>The time that rates are of.</summary>
    public TimeSpan Interval { get; init; }

    /// <summary>What could not be counted, and why.</summary>
    public IReadOnlyList<MissingFact> Missing { get; init; } = [];

    /// <summary>How many processes could not be looked into.</summary>
    public int HiddenProcesses { get; init; }

    /// <summary>Flows for which the filter could not be decided.</summary>
    public int Undecided { get; init; }
}

/// <summary>
/// Bytes on the wire that are no payload of a socket of this network namespace: headers, retransmissions, what is forwarded for others,
/// protocols without sockets. Closes the sum with the counters of the interfaces.
/// </summary>
/// <param name="Interfaces">What each interface carried while counting; wire bytes.</param>
/// <param name="BytesIn">Wire bytes received, less the payload of all sockets. May be below 0: payload of UDP that the
/// kernel dropped before an interface was counted as sent.</param>
/// <param name="BytesOut">Wire bytes sent, less the payload of all sockets.</param>
public sealed record Unattributed(IReadOnlyList<InterfaceCounters> Interfaces, long BytesIn, long BytesOut);
