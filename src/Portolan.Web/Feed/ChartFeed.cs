using Portolan.Model.Documents;
using Portolan.Reachability.Allowing;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Owners;

namespace Portolan.Web.Feed;

/// <summary>
/// Reads this machine for all browsers: one reading at a time, shared by all who ask, and used for as long as it is young. While there are
/// streams it reads again and again, and sends them what changed; without them it reads nothing that nobody asks for.
/// </summary>
/// <param name="open">Makes the acquirers of a reading.</param>
/// <param name="hub">Where changes go.</param>
/// <param name="clock">The clock.</param>
/// <param name="report">Says a failure of a reading that nobody waits for.</param>
internal sealed class ChartFeed(Func<Machine> open, EventHub hub, TimeProvider clock, Action<Exception> report)
{
    /// <summary>How long a reading is young, at least.</summary>
    internal static readonly TimeSpan LeastAge = TimeSpan.FromSeconds(2);

    /// <summary>A reading is young for so many times the time that it took: so readings take a sixth of one core at most.</summary>
    private const int CostFactor = 5;

    private static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(500);

    private static readonly TimeSpan JudgeTime = TimeSpan.FromSeconds(2);

    private readonly Lock _lock = new();
    private Task<ChartView>? _reading;
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

    /// <summary>A reading that is young.</summary>
    /// <param name="cancellationToken">Ends the waiting, not the reading.</param>
    internal Task<ChartView> GetAsync(CancellationToken cancellationToken)
    {
        lock (_lock)
        {
            if (_view is { } view && clock.GetElapsedTime(_readAt) < AgeOf(view))
            {
                return Task.FromResult(view);
            }

            if (_reading is null || _reading.IsCompleted)
            {
                _reading = Task.Run(Read, CancellationToken.None);
            }

            return _reading.WaitAsync(cancellationToken);
        }
    }

    /// <summary>What the firewall allows on every port of a protocol.</summary>
    internal AllowedPorts Allowed(ChartView view, TransportProtocol protocol, CancellationToken cancellationToken)
    {
        AllowedPortsCache cache;
        lock (_lock)
        {
            cache = _allowed ??= new AllowedPortsCache(view.Machine.MakeJudge!);
        }

        using var time = new JudgingTime(AllowedPorts.Usual, clock, cancellationToken);
        return cache.Of(view.Firewall, protocol, time);
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

    private ChartView Read()
    {
        var takenAt = clock.GetUtcNow();
        var since = clock.GetTimestamp();
        var machine = open();
        using var chart = MachineChart.Read(
            machine, new ChartScope { Fields = ProcessFields.Document | ProcessFields.Paths, JudgeTime = JudgeTime },
            CancellationToken.None);
        var judged = chart.Judge.Judge(chart.Rows, CancellationToken.None);
        var view = new ChartView(
            machine, chart.Facts, judged,
            [.. Sockets.Chart.HiddenOwners.Missing(chart.Facts, judged.HiddenOwners), .. chart.Judge.Missing], takenAt,
            clock.GetElapsedTime(since));
        lock (_lock)
        {
            var before = _view;
            var isSame = before is not null && !ViewChanges.Differ(before, view);
            _view = view with { Generation = isSame ? before!.Generation : (before?.Generation ?? 0) + 1 };
            _readAt = clock.GetTimestamp();
            if (!isSame)
            {
                Publish(before, _view);
            }

            return _view;
        }
    }

    private void Publish(ChartView? before, ChartView view)
    {
        var changes = before is null ? [] : ViewChanges.Between(before, view);
        using var json = new MemoryStream();
        JsonOutput.WriteLine(
            json,
            new ChartEvent(
                view.Generation, TimeText.Rfc3339(view.TakenAt), view.Totals, [.. changes.Take(ViewChanges.Most)],
                Math.Max(0, changes.Count - ViewChanges.Most)),
            FeedDocuments.Default.ChartEvent);
        hub.Publish("chart", json.GetBuffer().AsSpan(0, (int)json.Length - 1));
    }
}
