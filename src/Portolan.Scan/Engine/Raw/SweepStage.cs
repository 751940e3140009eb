using Portolan.Scan.Order;
using Portolan.Scan.Pacing;

namespace Portolan.Scan.Engine.Raw;

/// <summary>A stage whose work is a sweep: passes, the pace, waits, and when it has been enough.</summary>
internal abstract class SweepStage(RawContext context, RawGroup raw, IProbeWatch watch) : RawStage(context, raw, watch)
{
    private const double FewMissed = 0.1;
    private const long WorthALook = 20;
    private const double MuchLost = 0.1;
    private const double StillLost = 0.75;
    /// <summary>For so long nothing leaves, in nanoseconds, until probes count as those that never will.</summary>
    protected const long NothingLeaves = 5 * RawClock.Second;
    private const ulong WorthThreads = 32_768;
    private const double ThreadRate = 50_000;

    private SenderThreads? _threads;
    private long _passSentAt;
    private long _lastSent;
    private long _lastSentAt = long.MaxValue;
    private long _dropped;
    private long _nextLook;
    private bool _isOver;
    private double _rateBefore;
    private double _lostBefore;
    private bool _isRatesFault = true;

    /// <summary>How many probes there are.</summary>
    public abstract ulong Count { get; }

    /// <summary>So many neighbouring numbers are probed one after another, in their order; the permutation moves them together.</summary>
    public virtual int Together => 1;

    /// <summary>The passes.</summary>
    protected ProbeSweep Sweep { get; private set; } = null!;

    protected PaceController Pace { get; init; } = null!;

    /// <summary>What was lost.</summary>
    protected LossCounts Counts { get; } = new();

    /// <summary>All passes are over, the last wait too.</summary>
    protected bool IsSweepOver => _isOver;

    /// <summary>The pass is sent and its answers are waited for.</summary>
    protected bool IsWaiting => _passSentAt > 0;

    /// <summary>Until when, while <see cref="IsWaiting"/>.</summary>
    protected long WaitsUntil => _passSentAt + Rtts.WaitForAll;

    /// <summary>Probes still without an answer.</summary>
    protected abstract long Silent { get; }

    /// <summary>What is lost of its probes is a loss of this kind.</summary>
    protected abstract LossKind Kind { get; }

    /// <summary>What was counted so far. A pass that is not sent yet is not an attempt.</summary>
    protected virtual LossStratum Losses =>
        new(Kind, Math.Max(1, Sweep.IsPassSent ? Sweep.Pass + 1 : Sweep.Pass), Counts, Math.Max(0, Silent));

    /// <summary>The same, hosts apart that lose far more or less than the rest. The driving thread's.</summary>
    protected virtual IReadOnlyList<LossStratum> Tiers() => [Losses];

    /// <summary>The order of the probes, or of the lots that are probed together.</summary>
    protected abstract IndexPermutation Order { get; }

    /// <summary>Each share of a scan (<c>--shard</c>) does its own part of the stage.</summary>
    protected virtual bool IsShared => false;

    /// <summary>The most repeated probes.</summary>
    protected virtual int MaxRetries => Context.Settings.Timing.MaxRetries;

    /// <summary>Says what the probe with a number is. Any thread.</summary>
    /// <returns><c>false</c> when it is not to be sent (any more): it is answered, or its host needs no probes.</returns>
    public abstract bool TryGet(ulong index, out WantedProbe probe);

    /// <summary>Makes the sweep and drives it to its end.</summary>
    protected void RunSweep(ProbeCursor from)
    {
        var now = Context.Clock.Now;
        Sweep = new ProbeSweep(this, Group, Paths, Context, Pace, Order, IsShared);
        _dropped = Context.Links.Dropped;
        Pace.Blur = (int)Sweep.Times.BlockSize;
        OnSweepMade();
        if (Group.TakeLossesBefore(Kind) is { } before)
        {
            Counts.Add(before);
        }

        Context.Counters.BeginLosses(() => Losses);
        try
        {
            BeginPass(from.Pass, from.Position, now);
            Drive();
        }
        finally
        {
            _threads?.Dispose();
        }
    }

    /// <summary>The sweep and the pace are there.</summary>
    protected virtual void OnSweepMade()
    {
    }

    /// <summary>A pass is over and another begins; no sender runs.</summary>
    /// <param name="pass">The pass that begins.</param>
    protected virtual void OnNextPass(int pass)
    {
    }

    /// <summary>How long after a probe the same port is asked again in a pass.</summary>
    protected virtual long WaitBefore(int pass) => Rtts.WaitForAll;

    /// <summary>Nothing could be sent for a while: the probes that are left will not be.</summary>
    protected abstract void OnNothingLeaves();

    /// <summary>A port or host answered in time; the pace may judge by it.</summary>
    protected void OnTimelyAnswer(int host, int attempt, long sentAt, long receivedAt)
    {
        Rtts.Add(host, receivedAt - sentAt);
        if (attempt == 0)
        {
            Pace.CountAnswer(sentAt, isControl: false, Context.Clock.Now);
        }
        else
        {
            Pace.CountLag(sentAt, Context.Clock.Now);
        }
    }

    /// <summary>Sends and begins passes; returns when to come back, or <see cref="RawStage.Done"/> when the passes are over.</summary>
    protected long StepSweep(long now)
    {
        if (_isOver)
        {
            return Done;
        }

        Look(now);
        Pace.Judge(now);
        if (_isOver || (Silent <= 0 && Sweep.IsPassSent))
        {
            _isOver = true;
            _threads?.Stop();
            return Done;
        }

        if (!Sweep.IsPassSent)
        {
            return SendMore(now);
        }

        if (_passSentAt == 0)
        {
            _threads?.Stop();
            _passSentAt = now;
            Pace.ForgetProbes(now);
        }

        return NextPass(now);
    }

    /// <summary>How far the passes are, 0 to 1: two are usual.</summary>
    protected double SweepProgress =>
        _isOver ? 1
            : Math.Min(0.99, Sweep.Pass == 0 ? Sweep.Progress * 0.5 : 0.5 + (0.5 * Sweep.Progress * (1 - Math.Pow(0.5, Sweep.Pass))));

    private long SendMore(long now)
    {
        if (_threads is { IsRunning: true } && !Sweep.IsPassClaimed)
        {
            return now + RawClock.Millisecond;
        }

        if (_threads is { IsRunning: true })
        {
            _threads.Stop();
        }

        var sent = Sweep.Step(Context.Sender, now, withAgain: true);
        return sent > 0 ? now : Math.Max(Math.Max(Pace.ReadyAt(now, 1), Sweep.ReadyAt(now)), now + 1);
    }

    private long NextPass(long now)
    {
        var wait = Rtts.WaitForAll;
        if (Sweep.Pass >= MaxRetries)
        {
            return EndAfter(_passSentAt + wait, now);
        }

        if (Sweep.Pass == 0)
        {
            // The second pass comes in any case; its first position may be due before the last one's wait is over.
            var isKnown = Sweep.Times.TryRead(0, 0, now, out var sentAt);
            var first = isKnown ? sentAt + wait : now;
            first = now >= first && isKnown ? sentAt + WaitBefore(1) : first;
            if (now < first)
            {
                return first;
            }
        }
        else if (now < _passSentAt + wait)
        {
            return _passSentAt + wait;
        }
        else if (Sweep.SentInPass == 0 || IsEnough())
        {
            return EndAfter(now, now);
        }

        OnNextPass(Sweep.Pass + 1);
        LookAtRepeats(now);
        BeginPass(Sweep.Pass + 1, 0, now);
        return now;
    }

    // As long as repeats find much of what the pass before did, much is lost. If that is the rate's fault, half of it finds all but a
    // little.
    private void LookAtRepeats(long now)
    {
        var pass = Sweep.Pass;
        if (pass is 0 or >= LossCounts.Attempts - 1 || Counts.AnsweredAt(pass) < WorthALook)
        {
            return;
        }

        var lost = (double)Counts.AnsweredAt(pass) / Math.Max(1, Counts.AnsweredAt(pass - 1));
        if (_rateBefore > 0)
        {
            if (lost > _lostBefore * StillLost)
            {
                Pace.Restore(now, _rateBefore);
                _isRatesFault = false;
            }

            _rateBefore = 0;
        }

        if (lost > MuchLost && _isRatesFault)
        {
            (_rateBefore, _lostBefore) = (Pace.Halve(now), lost);
        }
    }

    // At the most that may be lost, hardly one more is expected. Where nothing answered, nothing reports how often to ask.
    private bool IsEnough() => Counts.Found == 0 || LossBound.OfTiers(Tiers()).Expected < FewMissed;

    private long EndAfter(long end, long now)
    {
        if (now < end)
        {
            return end;
        }

        _isOver = true;
        return Done;
    }

    private void BeginPass(int pass, ulong from, long now)
    {
        _passSentAt = 0;
        Rtts.Refresh();
        Sweep.BeginPass(pass, from, WaitBefore(pass));
        _lastSentAt = now;
        if (Context.SenderThreads > 0 && Sweep.Positions - Math.Min(from, Sweep.Positions) >= WorthThreads
            && Pace.Limits.Highest >= ThreadRate
            && Silent >= (long)WorthThreads)
        {
            foreach (var path in Paths.All)
            {
                path.Open();
            }

            _threads ??= new SenderThreads(Context, Pace);
            _threads.Start(Sweep);
        }
    }

    // Now and then: have frames of ours been lost, does anything leave at all, have waits changed?
    private void Look(long now)
    {
        if (now < _nextLook)
        {
            return;
        }

        _nextLook = now + (5 * RawClock.Millisecond);
        var dropped = Context.Links.Dropped;
        if (dropped > _dropped)
        {
            Context.Counters.CountDropped(dropped - _dropped);
            _dropped = dropped;
            Pace.OnLocalLoss(now);
        }

        Sweep.SetWait(WaitBefore(Sweep.Pass));
        var sent = Context.Counters.Sent;
        if (sent != _lastSent || !Sweep.HasRefused)
        {
            _lastSent = sent;
            _lastSentAt = now;
        }
        else if (now - _lastSentAt > NothingLeaves)
        {
            _threads?.Stop();
            OnNothingLeaves();
            _isOver = true;
        }
    }
}
