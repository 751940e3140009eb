using Portolan.Model.Documents;
using Portolan.Reachability.Allowing;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Sockets.Owners;

namespace Portolan.Web.Feed;

/// <summary>
/// Reads this machine for all browsers: one reading at a time, shared by all who ask, and used for as long as it is young. While there are
/// streams it reads again and again, and sends them what changed; without them it reads nothing without a request.
/// </summary>
/// <param name="open">Makes the acquirers of a reading.</param>
/// <param name="hub">Where changes go.</param>
/// <param name="clock">The clock.</param>
/// <param name="report">Says a failure of a reading that no caller waits for.</param>
internal sealed class ChartFeed(Func<Machine> open, EventHub hub, TimeProvider clock, Action<Exception> report)
{
    /// <summary>How long a reading is young, at least.</summary>
    internal static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(2);

    /// <summary>A reading is young for so many times the time that it took: so readings take a sixth of one core at most.</summary>
    private const int CostFactor = 5;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan JudgeTime = TimeSpan.FromSeconds(2);

    /// <summary>How long someone waits for verdicts who would have the rows without them.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromMilliseconds(250);

    private readonly Lock _lock = new();
    private readonly VerdictMemory _verdicts = new();
    private Reading? _reading;
    private ChartView? _view;
    private AllowedPortsCache? _allowed;
    private long _readAt;

    /// <summary>The last reading; <c>null</c> before the first.</summary>
    internal ChartView? Latest
    {
        get
        {
            lock (_lock)
            {
                return _view;
            }
        }
    }

    /// <summary>A reading that is young, judged.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the reading.</param>
    internal Task<ChartView> GetAsync(CancellationToken cancellationToken) =>
        Begin(out var young) is { } reading ? reading.Whole.WaitAsync(cancellationToken) : Task.FromResult(young!);

    /// <summary>
    /// A reading that is young; its rows before they are judged where that takes long: on a host with many listeners and rules.
    /// </summary>
    /// <param name="cancellationToken">Ends the waiting, not the reading.</param>
    internal async Task<ChartView> GetSoonAsync(CancellationToken cancellationToken)
    {
        if (Begin(out var young) is not { } reading)
        {
            return young!;
        }

        try
        {
            return await reading.Whole.WaitAsync(Patience, clock, cancellationToken);
        }
        catch (TimeoutException) when (!reading.Whole.IsCompleted)
        {
            return await await Task.WhenAny(reading.Rows, reading.Whole).WaitAsync(cancellationToken);
        }
    }

    /// <summary>What the firewall allows on every port of a protocol.</summary>
    internal AllowedPorts Allowed(ChartView view, TransportProtocol protocol, CancellationToken cancellationToken)
    {
        AllowedPortsCache cache;
        lock (_lock)
        {
            cache = _allowed ??= new AllowedPortsCache(open().MakeJudge!);
        }

        using var time = new EvaluationBudget(AllowedPorts.Usual, clock, cancellationToken);
        return cache.Of(view.Firewall!, protocol, time);
    }

    /// <summary>Reads while there are streams.</summary>
    internal async Task RunAsync(CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(Beat, clock);
        try
        {
            while (await timer.WaitForNextTickAsync(cancellationToken))
            {
                if (hub.Watchers > 0)
                {
                    await ReadForStreamsAsync(cancellationToken);
                }
            }
        }
        catch (OperationCanceledException)
        {
            // That is how it ends.
        }
    }

    private static TimeSpan AgeOf(ChartView view) => view.Cost * CostFactor > LeastAge ? view.Cost * CostFactor : LeastAge;

    // The reading that is young, or the one that is on its way.
    private Reading? Begin(out ChartView? young)
    {
        lock (_lock)
        {
            young = _view is { } view && clock.GetElapsedTime(_readAt) < AgeOf(view) ? view : null;
            if (young is not null)
            {
                return null;
            }

            if (_reading is null || _reading.Whole.IsCompleted)
            {
                var rows = new TaskCompletionSource<ChartView>(TaskCreationOptions.RunContinuationsAsynchronously);
                _reading = new Reading(rows.Task, Task.Run(() => Read(rows), CancellationToken.None));
            }

            return _reading;
        }
    }

    private async Task ReadForStreamsAsync(CancellationToken cancellationToken)
    {
        try
        {
            await GetAsync(cancellationToken);
        }
#pragma warning disable CA1031 // A reading that fails is said, and the next one may succeed.
        catch (Exception exception) when (exception is not OperationCanceledException)
#pragma warning restore CA1031
        {
            report(exception);
        }
    }

    private ChartView Read(TaskCompletionSource<ChartView> rows)
    {
        var takenAt = clock.GetUtcNow();
        var since = clock.GetTimestamp();
        using var chart = MachineChart.Read(
            open(),
            new ChartScope
            {
                Fields = ProcessFields.Document | ProcessFields.Paths,
                JudgeTime = JudgeTime,
                Memory = _verdicts,
            },
            CancellationToken.None);
        rows.SetResult(Of(chart.Rows, []));
        var judged = chart.Judge.Judge(chart.Rows, CancellationToken.None);
        return Take(Of(judged, chart.Judge.Missing) with { Firewall = _verdicts.Reading });

        ChartView Of(ChartModel model, IEnumerable<MissingFact> missing) => new(
            open, chart.Facts, model, [.. HiddenOwners.Missing(chart.Facts, model.HiddenOwners), .. missing], takenAt,
            clock.GetElapsedTime(since));
    }

    private ChartView Take(ChartView view)
    {
        lock (_lock)
        {
            var before = _view;
            var changes = before is null ? null : ViewChanges.Between(before, view);
            _view = view with { Generation = before is null ? 1 : changes!.Any ? before.Generation + 1 : before.Generation };
            _readAt = clock.GetTimestamp();

            // It holds the rows before they were judged.
            _reading = null;
            if (changes is not { Any: false })
            {
                Publish(_view, changes);
            }

            return _view;
        }
    }

    private void Publish(ChartView view, ViewChanges? changes)
    {
        using var json = new MemoryStream();
        JsonOutput.WriteLine(
            json,
            new ChartEvent(view.Generation, TimeText.Rfc3339(view.TakenAt), view.Totals, changes?.Named ?? [], changes?.Omitted ?? 0),
            FeedDocuments.Default.ChartEvent);
        hub.Publish("chart", json.GetBuffer().AsSpan(0, (int)json.Length - 1));
    }

    /// <summary>A reading that is on its way.</summary>
    /// <param name="Rows">Its rows before they are judged; without end where it fails before.</param>
    /// <param name="Whole">The same, judged.</param>
    private sealed record Reading(Task<ChartView> Rows, Task<ChartView> Whole);
}
