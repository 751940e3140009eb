using Portolan.Scan.Results;

namespace Portolan.Scan.Engine;

/// <summary>What a run counts over all its groups: hosts, open ports, time, and why it stopped; and its talk to the observers.</summary>
internal sealed class RunProgress(ScanRun run, CancellationToken cancellation)
{
    private static readonly TimeSpan Period = TimeSpan.FromMilliseconds(500);

    private readonly TimeProvider _clock = run.Clock;
    private readonly RemainingTime _remaining = new();
    private readonly HashSet<string> _warned = [];
    private readonly List<string> _gaps = [];
    private readonly Lock _warningsGate = new();
    private readonly List<string> _warnings = [];
    private long _started;
    private TimeSpan _nextProgress = Period;
    private (TimeSpan At, long Sent) _lastRate;
    private string _stage = "";
    private volatile bool _timeIsOver;
    private readonly RunCoverage _coverage = new(run.Settings);
    private ulong _hostsBefore;

    public ObserverList Observers { get; } = new(run.Observers);

    /// <summary>Time since the start.</summary>
    public TimeSpan Elapsed => _clock.GetElapsedTime(_started);

    /// <summary>Time since the start, that of earlier processes included.</summary>
    public TimeSpan ElapsedInAll => Elapsed + (run.Journal?.ElapsedBefore ?? TimeSpan.Zero);

    /// <summary>The prober's balance together with that of earlier processes.</summary>
    public ProbeBalance Balance => BalanceSum.Of(run.Journal?.Before ?? default, run.Settings.ListOnly ? default : run.Prober.Balance);

    /// <summary>Wall time.</summary>
    public DateTimeOffset Now => _clock.GetUtcNow();

    /// <summary>The run is to end. Any thread may ask.</summary>
    public bool IsStopping => _timeIsOver || cancellation.IsCancellationRequested || Observers.HasFailed;

    /// <summary>Hosts that were up.</summary>
    public long HostsUp { get; set; }

    /// <summary>Hosts that did not answer.</summary>
    public long HostsDown { get; set; }

    /// <summary>Open ports told so far.</summary>
    public long OpenPorts { get; set; }

    /// <summary>Open ports that are known and told later.</summary>
    public long HeldOpenPorts { get; set; }

    /// <summary>Reports the head.</summary>
    public void Start()
    {
        _started = _clock.GetTimestamp();
        var shards = (ulong)Math.Max(1, run.Settings.ShardCount);
        var planned = Planned / shards;
        Observers.Started(new ScanStart(
            Now, run.Prober.Mode, run.Why, run.Settings.Seed, run.Plan.HostCount, planned, [.. run.Notes, .. JournalNotes])
        {
            Details = run.Prober.Notes,
            Parts = run.Parts,
        });
    }

    /// <summary>A group of hosts is done, or as far as it gets.</summary>
    public void Finish(HostGroup group)
    {
        _hostsBefore += (ulong)group.Count;
        _coverage.Add(group);
    }

    /// <summary>Notes why the run will not be complete, once for each text.</summary>
    public void AddGap(string why)
    {
        if (!_gaps.Contains(why))
        {
            _gaps.Add(why);
        }
    }

    /// <summary>A warning from any thread; told at the next tick.</summary>
    public void Warn(string message)
    {
        lock (_warningsGate)
        {
            if (_warned.Add(message))
            {
                _warnings.Add(message);
            }
        }
    }

    /// <summary>Reports what is due: warnings at once, progress twice a second. Ends the run when its time is over.</summary>
    public void Tick(in StageStatus status, int hostsInGroup, bool isLastStage, TimeSpan groupElapsed)
    {
        TellWarnings();
        var elapsed = Elapsed;
        if (run.Settings.Timing.MaxTime > TimeSpan.Zero && elapsed >= run.Settings.Timing.MaxTime)
        {
            _timeIsOver = true;
        }

        if (status.Stage != _stage)
        {
            _stage = status.Stage;
            _remaining.Reset();
        }

        if (elapsed < _nextProgress)
        {
            return;
        }

        // Late ticks do not pile up.
        _nextProgress = elapsed + Period;
        var balance = Balance;
        var ownEstimate = _remaining.Estimate(elapsed, status.Done);
        var inStage = status.Remaining ?? ownEstimate;
        var left = isLastStage && inStage is { } rest ? WholeRun(rest, groupElapsed, hostsInGroup) : null;
        var rate = elapsed > _lastRate.At ? (balance.Sent - _lastRate.Sent) / (elapsed - _lastRate.At).TotalSeconds : 0;
        _lastRate = (elapsed, balance.Sent);
        Observers.Progress(new ScanProgress(
            status.Stage, Math.Clamp(status.Done, 0, 1), left, balance.Sent, balance.Replies, rate, OpenPorts + HeldOpenPorts,
            (status.Cursor.Pass & 0xff) + 1));
    }

    /// <summary>Reports the balance; only the first time.</summary>
    public ScanEnd End(string? failure)
    {
        TellWarnings();
        if (failure is not null)
        {
            AddGap(failure);
        }

        if (Observers.HasFailed)
        {
            AddGap("an output could not be written");
        }
        else if (cancellation.IsCancellationRequested)
        {
            AddGap("interrupted");
        }
        else if (_timeIsOver)
        {
            AddGap("--max-time expired");
        }

        var balance = Balance;
        var shards = (ulong)Math.Max(1, run.Settings.ShardCount);
        _coverage.AddRest(run.Plan);
        var losses = LossSummary.Of(balance, _coverage);
        var end = new ScanEnd(
            Now, ElapsedInAll, HostsUp, HostsDown, (long)Math.Min(run.Plan.HostCount, long.MaxValue), Planned / shards, balance.Sent,
            balance.Retries,
            balance.NotSent, balance.Replies, losses.Path.Loss, losses.Whole?.Rate, _gaps.Count == 0,
            _gaps.Count == 0 ? null : string.Join("; ", _gaps))
        {
            Beside = balance.Beside,
            OutputFailed = Observers.HasFailed,
            Losses = run.Settings.ListOnly ? null : losses,
        };
        if (run.Journal?.End(ElapsedInAll, balance, isFinished: failure is null && !IsStopping) is { } warning)
        {
            Observers.Warning(warning);
        }

        Observers.Ended(end);
        Observers.ThrowFailure();
        return end;
    }

    private string[] JournalNotes => run.Journal is { IsResumed: true } journal ? [$"goes on with {journal.Path}"] : [];

    private ulong Planned => run.Settings.DiscoveryOnly || run.Settings.ListOnly ? 0 : run.Plan.ProbeCount;

    // Groups that are still to come take as long for each host as this one.
    private TimeSpan? WholeRun(TimeSpan inGroup, TimeSpan groupElapsed, int hostsInGroup)
    {
        var later = run.Plan.HostCount - Math.Min(run.Plan.HostCount, _hostsBefore + (ulong)hostsInGroup);
        var perHost = (groupElapsed + inGroup).TotalSeconds / Math.Max(1, hostsInGroup);
        var seconds = inGroup.TotalSeconds + (later * perHost);
        return seconds < TimeSpan.FromDays(3650).TotalSeconds ? TimeSpan.FromSeconds(seconds) : null;
    }

    private void TellWarnings()
    {
        string[] due;
        lock (_warningsGate)
        {
            if (_warnings.Count == 0)
            {
                return;
            }

            due = [.. _warnings];
            _warnings.Clear();
        }

        foreach (var warning in due)
        {
            Observers.Warning(warning);
        }
    }
}
