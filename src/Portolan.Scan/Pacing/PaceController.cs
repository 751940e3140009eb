namespace Portolan.Scan.Pacing;

/// <summary>
/// Finds how fast probes may go: slow start, doubling while answers keep up; back to what was well when they do not. Loss that is the same at a
/// lower rate is the network's own and slows nothing.
/// </summary>
/// <remarks>
/// <para>
/// The rate is judged by trials. A trial's share of answered probes is compared with the share at lower rates (first probes come in random order, so
/// their answered share should not change; control probes always should be answered). A clearly lower share raises a suspicion, and a
/// trial at a lower rate tests it: when that one is better, the rate was too high; when it is as bad even at the last good rate, the rate was not to blame.
/// </para>
/// <para>Pure: all times are handed in, as nanoseconds of any clock. Senders and the receiver may call at once; <see cref="Judge"/> is for one thread.</para>
/// </remarks>
public sealed class PaceController
{
    private const double SlowStartGain = 2;
    private const double AvoidGain = 1.1;
    private const double AvoidGainGrowth = 1.1;
    private const double Tolerance = 0.05;
    private const double Sigmas = 3;
    private const double EnoughAnswers = 40;
    private const double Memory = 0.9;
    private const double LocalLossGain = 0.7;
    private const long LeastTrial = 2_000_000;
    private const long MostTrial = 100_000_000;
    private const long MostVerification = 400_000_000;
    private const long LeastWait = 2_000_000;

    // A loss that was seen to be the rate's fault may slow it to this part of the floor.
    private const double ProvedFloor = 0.1;
    private const double NearGain = 1.03;
    private const double NearFrom = 0.6;
    private const double NearTo = 1.3;

    // Answers that take so much longer than at first wait in a queue that fills.
    private const int LagSamples = 32;
    private const double LagGrowth = 3;
    private const long LagSlack = 50_000_000;

    private readonly Lock _gate = new();
    private readonly TimeSpan _firstWait;
    private PaceLimits _limits;
    private TokenBucket _bucket;
    private RttEstimator _lag;
    private readonly ControlWindow? _window;
    private RateTrial _trial;
    private Phase _phase = Phase.SlowStart;
    private Phase _resumed;
    private AnswerShare _probes;
    private AnswerShare _controls;
    private Suspicion _suspicion;
    private double _lastGood;
    private double _avoidGain = AvoidGain;
    private double _tooFast;
    private int _lags;
    private long _firstLag;
    private long _lagCutAt;

    /// <summary>Starts at the limits' first rate.</summary>
    /// <param name="limits">The limits.</param>
    /// <param name="now">The time.</param>
    /// <param name="judgesControls">Control probes are a fair part of all probes, and judge the rate by themselves too.</param>
    public PaceController(PaceLimits limits, long now, bool judgesControls = false)
    {
        _window = judgesControls ? new ControlWindow() : null;
        _limits = limits;
        _firstWait = limits.AnswerWait;
        _lastGood = limits.Start;
        _bucket = new TokenBucket(limits.Start);
        _trial = new RateTrial(limits.Start, now);
    }

    private enum Phase
    {
        SlowStart,
        Avoid,
        Verify,
    }

    /// <summary>Probes per second now.</summary>
    public double Rate => _bucket.Rate;

    /// <summary>The bounds.</summary>
    public PaceLimits Limits => _limits;

    /// <summary>Takes up to <paramref name="want"/> probes' leave and says how many.</summary>
    public int Take(long now, int want)
    {
        lock (_gate)
        {
            return _bucket.Take(now, want);
        }
    }

    /// <summary>Gives back leave that was not needed.</summary>
    public void Return(int count)
    {
        lock (_gate)
        {
            _bucket.Return(count);
        }
    }

    /// <summary>A probe was sent without leave, behind one that had it; the next ones wait for it.</summary>
    public void Charge(int count)
    {
        lock (_gate)
        {
            _bucket.Charge(count);
        }
    }

    /// <summary>When leave for <paramref name="count"/> probes (or for the most that is given at once) will be there.</summary>
    public long ReadyAt(long now, int count)
    {
        lock (_gate)
        {
            return _bucket.ReadyAt(now, count);
        }
    }

    /// <summary>Probes were sent. Repeated probes are not counted: the ports still silent are no fair sample.</summary>
    public void CountSent(long sentAt, int count, bool areControls) => Volatile.Read(ref _trial).CountSent(sentAt, count, areControls);

    /// <summary>A first probe or a control probe was answered in time.</summary>
    /// <param name="sentAt">When it was sent.</param>
    /// <param name="isControl">It was a control probe.</param>
    /// <param name="now">When the answer was looked at: waits in our own buffers are part of what a trial must wait for.</param>
    public void CountAnswer(long sentAt, bool isControl, long now)
    {
        _lag.Add(TimeSpan.FromTicks(Math.Max(0, now - sentAt) / TimeSpan.NanosecondsPerTick));
        if (_lags < LagSamples && ++_lags == LagSamples)
        {
            _firstLag = Lag;
        }

        Volatile.Read(ref _trial).CountAnswer(sentAt, isControl);
    }

    /// <summary>Changes the ceiling (the share of a prefix in what is left to probe has changed).</summary>
    public void SetCeiling(long now, double ceiling)
    {
        _limits = _limits with { Ceiling = ceiling, Floor = Math.Min(_limits.Floor, ceiling) };
        if (Rate > ceiling)
        {
            StartTrial(now, ceiling);
        }
    }

    /// <summary>Frames of ours were lost on this host (no buffer to send, a full queue, or received frames overran): that is always the rate's fault.</summary>
    public void OnLocalLoss(long now)
    {
        if (now - _trial.Start < LeastTrial)
        {
            return;
        }

        _phase = Phase.Avoid;
        _avoidGain = AvoidGain;
        _tooFast = Rate;
        StartTrial(now, Math.Max(Rate * LocalLossGain, LowestFor));
        _lastGood = Math.Min(_lastGood, Rate);
    }

    /// <summary>Repeats found many that first probes had not: whether half the rate loses less is worth a look.</summary>
    /// <returns>The rate that it was.</returns>
    public double Halve(long now)
    {
        var before = Rate;
        StartTrial(now, Math.Max(before / 2, Math.Min(before, LowestFor)));
        (_lastGood, _phase) = (Math.Min(_lastGood, Rate), Phase.Avoid);
        return before;
    }

    /// <summary>Half the rate did not lose less.</summary>
    public void Restore(long now, double rate) => StartTrial(now, Math.Clamp(rate, Math.Min(_limits.Floor, _limits.Ceiling), _limits.Ceiling));

    /// <summary>First probes begin, or are over: shares of answered ports of before say nothing now.</summary>
    public void ForgetProbes(long now)
    {
        _probes = default;
        if (_phase == Phase.Verify)
        {
            _phase = _resumed;
        }

        StartTrial(now, Rate);
    }

    /// <summary>Looks whether the trial has told enough, and sets the next rate. Call it often.</summary>
    public void Judge(long now)
    {
        if (_lags >= LagSamples && Lag > (LagGrowth * _firstLag) + LagSlack && now - _lagCutAt > 2 * Lag)
        {
            // Late answers: what is sent waits behind what was sent before.
            _lagCutAt = now;
            OnLocalLoss(now);
            return;
        }

        var trial = _trial;
        if (trial.End == long.MaxValue)
        {
            if (!HasEnough(trial, now - trial.Start))
            {
                return;
            }

            trial.Close(now);
        }

        if (!trial.IsAllAnswered && now - trial.End < AnswerWait)
        {
            return;
        }

        var rate = _phase == Phase.Verify ? NextAfterVerification(trial) : NextAfterTrial(trial);
        if (_window is not null)
        {
            if (_window.Take(trial) is { } judged)
            {
                (rate, _phase) = (judged, Phase.Avoid);
            }

            _tooFast = _window.TooFast > 0 ? _window.TooFast : _tooFast;
            rate = Math.Min(rate, _window.Most);
        }

        StartTrial(now, Math.Clamp(rate, Math.Min(_tooFast > 0 || _window?.Most < _limits.Floor ? LowestFor : _limits.Floor, _limits.Ceiling), _limits.Ceiling));
    }

    private double LowestFor => Math.Min(_limits.Floor, Math.Max(_limits.Least, _limits.Floor * ProvedFloor));

    private long Lag => _lag.Smoothed.Ticks * TimeSpan.NanosecondsPerTick;

    private long AnswerWait => Math.Max(LeastWait, (_lag.HasSample ? (_lag.Smoothed + (4 * _lag.Variation)) : _firstWait).Ticks * TimeSpan.NanosecondsPerTick);

    private bool HasEnough(RateTrial trial, long elapsed)
    {
        if (elapsed < LeastTrial)
        {
            return false;
        }

        if (_phase != Phase.Verify)
        {
            return trial.Probes.Sent + trial.Controls.Sent >= 100 || elapsed >= MostTrial;
        }

        var expected = Math.Max(trial.Probes.Sent * Math.Max(_probes.Value, _suspicion.Probes.Value), trial.Controls.Sent * _controls.Value);
        return expected >= EnoughAnswers || elapsed >= MostVerification;
    }

    private double NextAfterTrial(RateTrial trial)
    {
        if (IsWorse(trial))
        {
            _suspicion = new Suspicion(trial.Rate, trial.Probes, trial.Controls);
            _avoidGain = AvoidGain;
            _resumed = _phase;
            _phase = Phase.Verify;
            return trial.Rate / (_resumed == Phase.Avoid ? 1.4 : 2);
        }

        Absorb(trial);
        _lastGood = trial.Rate;
        if (_phase == Phase.SlowStart)
        {
            return trial.Rate * SlowStartGain;
        }

        if (trial.Rate > NearFrom * _tooFast && trial.Rate < NearTo * _tooFast)
        {
            // So near to a rate that filled a queue, a step more is all that is risked.
            return trial.Rate * NearGain;
        }

        // Small steps near a rate that was too high; larger ones the longer all is well.
        _avoidGain = Math.Min(_avoidGain * AvoidGainGrowth, SlowStartGain);
        return trial.Rate * _avoidGain;
    }

    private double NextAfterVerification(RateTrial trial)
    {
        if (!IsWorse(trial))
        {
            // The suspicion holds: here answers keep up, there they did not.
            Absorb(trial);
            _lastGood = trial.Rate;
            _phase = Phase.Avoid;
            return trial.Rate;
        }

        var isBetter = _suspicion.Probes.IsBelow(trial.Probes, Tolerance, Sigmas) || _suspicion.Controls.IsBelow(trial.Controls, Tolerance, Sigmas);
        var lowest = Math.Max(_limits.Floor, _lastGood);
        if (isBetter && trial.Rate > LowestFor * 1.01)
        {
            _tooFast = _suspicion.Rate;
            _suspicion = new Suspicion(trial.Rate, trial.Probes, trial.Controls);
            _lastGood = Math.Min(_lastGood, trial.Rate);
            return trial.Rate / 2;
        }

        if (!isBetter && trial.Rate > lowest * 1.01)
        {
            return Math.Max(trial.Rate / 2, lowest);
        }

        // No slower rate helps: the loss is the network's own. Measure from here anew.
        _probes = trial.Probes + _suspicion.Probes;
        _controls = trial.Controls + _suspicion.Controls;
        _phase = isBetter ? Phase.Avoid : _resumed;
        return isBetter ? trial.Rate : _suspicion.Rate;
    }

    private bool IsWorse(RateTrial trial) =>
        trial.Probes.IsBelow(_probes, Tolerance, Sigmas) || trial.Controls.IsBelow(_controls, Tolerance, Sigmas);

    private void Absorb(RateTrial trial)
    {
        _probes = _probes.Faded(Memory) + trial.Probes;
        _controls = _controls.Faded(Memory) + trial.Controls;
    }

    private void StartTrial(long now, double rate)
    {
        lock (_gate)
        {
            _bucket.SetRate(now, rate);
        }

        Volatile.Write(ref _trial, new RateTrial(rate, now));
    }

    private readonly record struct Suspicion(double Rate, AnswerShare Probes, AnswerShare Controls);
}
