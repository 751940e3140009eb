namespace Portolan.Scan.Pacing;

/// <summary>
/// Finds how fast probes may go: slow start, doubling while answers keep up; back to what was well when they do not. Loss that is the same
/// at a lower rate is the network's own and slows nothing.
/// </summary>
/// <remarks>
/// <para>
/// The rate is judged by trials. A trial's share of answered probes is compared with the share at lower rates (first probes come in random
/// order, so their answered share should not change; control probes always should be answered). A clearly lower share raises a suspicion,
/// and a trial at a lower rate tests it: when that one is better, the rate was too high; when it is as bad even at the last good rate, the
/// rate was not to blame.
/// </para>
/// <para>Pure: all times are handed in, as nanoseconds of any clock. Senders and the receiver may call at once; <see cref="Judge"/> is for
/// one thread.</para>
/// </remarks>
public sealed class PaceController
{
    private const double SlowStartGain = 2;
    private const double AvoidGain = 1.1;
    private const double AvoidGainGrowth = 1.1;
    private const double Tolerance = 0.05;
    private const double Sigmas = 3;
    private const double EnoughAnswers = 40;

    // From here on the ceiling is what holds it back.
    private const double ProofFrom = 0.9;

    private const double ProvingAnswers = 100;
    private const double ShortMemory = 0.8;
    private const double AsGood = 0.85;
    private const double AboveProved = 1.25;
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

    // A little less than what comes through a queue that is full empties it.
    private const double BelowDelivered = 0.9;
    private const double LeastSent = 100;
    private const double SentPerBlur = 8;
    private const double AnswersPerBlur = 4;
    private const double LeastShare = 0.01;
    private const double MostCut = 0.1;
    private const long LeastDrain = 50_000_000;
    private const long MostDrain = 1_000_000_000;

    private readonly Lock _gate = new();
    private readonly TimeSpan _firstWait;
    private PaceLimits _limits;
    private TokenBucket _bucket;
    private readonly AnswerLag _lag = new();
    private readonly ControlWindow? _window;
    private RateTrial _trial;
    private RateTrial? _suspected;
    private long _answersBefore;
    private Phase _phase = Phase.SlowStart;
    private Phase _resumed;
    private AnswerShare _probes;
    private AnswerShare _controls;
    private Suspicion _suspicion;
    private double _lastGood;
    private double _avoidGain = AvoidGain;
    private double _tooFast;
    private double _proved;

    // The ceiling is twice the proved rate until a trial loses clearly more than the best one; from then on a quarter above it.
    private double _aboveProved = SlowStartGain;
    private double _bestShare;
    private AnswerShare _recent;

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

    /// <summary>
    /// First probes whose times of sending are known together only: so many answers may belong to the trial before or after.
    /// </summary>
    public int Blur { get; set; }

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
        CountLag(sentAt, now);
        if (!isControl)
        {
            _lag.CountArrival(now);
        }

        Volatile.Read(ref _trial).CountAnswer(sentAt, isControl);
        if (_phase == Phase.Verify)
        {
            _suspected?.CountAnswer(sentAt, isControl);
        }
    }

    /// <summary>A repeated probe was answered: how long that took shows queues, whatever share of such probes is answered.</summary>
    public void CountLag(long sentAt, long now) => _lag.Add(sentAt, now);

    /// <summary>Changes the ceiling (the share of a prefix in what is left to probe has changed).</summary>
    public void SetCeiling(long now, double ceiling)
    {
        _limits = _limits with { Ceiling = ceiling, Floor = Math.Min(_limits.Floor, ceiling) };
        if (Rate > Ceiling)
        {
            StartTrial(now, Ceiling);
        }
    }

    /// <summary>
    /// Frames of ours were lost on this host (no buffer to send, a full queue, or received frames overran): that is always the rate's
    /// fault.
    /// </summary>
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
        _proved = Math.Min(_proved, Rate);
    }

    /// <summary>Repeats found many that first probes had not: whether half the rate loses less is worth a look.</summary>
    /// <returns>The rate that it was.</returns>
    public double Halve(long now)
    {
        var before = Rate;
        StartTrial(now, Math.Max(before / 2, Math.Min(before, LowestFor)));
        (_lastGood, _phase) = (Math.Min(_lastGood, Rate), Phase.Avoid);
        _proved = Math.Min(_proved, Rate);
        return before;
    }

    /// <summary>Half the rate did not lose less.</summary>
    public void Restore(long now, double rate) =>
        StartTrial(now, Math.Clamp(rate, Math.Min(_limits.Floor, Ceiling), Ceiling));

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
        if (_lag.IsQueueing)
        {
            Drain(now);
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

        Prove(trial);
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

        StartTrial(
            now,
            Math.Clamp(
                rate, Math.Min(_tooFast > 0 || _window?.Most < _limits.Floor ? LowestFor : _limits.Floor, Ceiling), Ceiling));
    }

    // A ceiling for paths that nothing is known of gives way to answers.
    private double Ceiling => Math.Max(_limits.Ceiling, Math.Min(_limits.MostProved, _aboveProved * _proved));

    private double LowestFor => Math.Min(_limits.Floor, Math.Max(_limits.Least, _limits.Floor * ProvedFloor));

    private long AnswerWait => Math.Max(LeastWait, _lag.Wait ?? (_firstWait.Ticks * TimeSpan.NanosecondsPerTick));

    private bool HasEnough(RateTrial trial, long elapsed)
    {
        if (elapsed < LeastTrial)
        {
            return false;
        }

        if (_phase != Phase.Verify)
        {
            if (trial.Rate > ProofFrom * Ceiling && _limits.MostProved > Ceiling
                && trial.Probes.Answered + trial.Controls.Answered < ProvingAnswers)
            {
                return elapsed >= MostTrial;
            }

            // A queue takes a round trip to show what a rate does to it.
            return elapsed >= MostTrial
                || (trial.Probes.Sent + trial.Controls.Sent >= Math.Max(LeastSent, SentPerBlur * Blur)
                    && elapsed >= Math.Min(_lag.Usual, MostTrial));
        }

        var expected =
            Math.Max(trial.Probes.Sent * Math.Max(_probes.Value, _suspicion.Probes.Value), trial.Controls.Sent * _controls.Value);
        return expected >= Math.Max(EnoughAnswers, AnswersPerBlur * Blur) || elapsed >= MostVerification;
    }

    // What came through, by the best share of answers that was ever seen: loss that was there at every rate counts as nothing.
    private void Prove(RateTrial trial)
    {
        var share = trial.Probes + trial.Controls;
        if (share.Sent < LeastSent)
        {
            return;
        }

        // Single trials vary; the best of them would be luck.
        _recent = _recent.Faded(ShortMemory) + share;
        _bestShare = _recent.Answered >= ProvingAnswers ? Math.Max(_bestShare, _recent.Value) : _bestShare;
        var part = _bestShare > 0 ? share.Value / _bestShare : 0;
        _aboveProved = part < AsGood ? AboveProved : _aboveProved;
        _proved = part < AsGood ? Math.Min(_proved, trial.Rate * part)
            : share.Answered >= ProvingAnswers ? Math.Max(_proved, trial.Rate) : _proved;
    }

    // Answers wait in a queue: it is given the time to empty, and then no more than what came through it.
    private void Drain(long now)
    {
        var before = Rate;
        var delivered = _probes.Sent >= LeastSent && _probes.Value >= LeastShare
            ? BelowDelivered * _lag.ArrivalsPerSecond(now, Math.Max(LeastDrain, _lag.Excess / 2)) / _probes.Value
            : before * LocalLossGain;
        var floor = Math.Min(before, Math.Max(_limits.Floor, before * MostCut));
        var rate = Math.Clamp(delivered, floor, Math.Max(floor, before * LocalLossGain));

        // More waits than the answers that came so far tell of: those sent since then came behind them.
        var backlog = Math.Min(_lag.Excess * before / rate, MostDrain);
        _phase = Phase.Avoid;
        _avoidGain = AvoidGain;
        _tooFast = rate / BelowDelivered;
        StartTrial(now, rate);
        if (rate > _limits.Least)
        {
            // A pause would break a least rate that a person demands.
            Charge((int)(rate * backlog / 1e9));
        }

        _lastGood = Math.Min(_lastGood, rate);
        _proved = Math.Min(_proved, rate);
        _lag.Forget(now);
    }

    private double NextAfterTrial(RateTrial trial)
    {
        if (trial.Probes.Sent + trial.Controls.Sent <= 0 && _lag.Count == _answersBefore)
        {
            // Nothing that was sent can tell.
            return trial.Rate;
        }

        if (IsWorse(trial))
        {
            _suspected = trial;
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
        if (_suspected is { } suspected && !IsWorse(suspected))
        {
            // The answers were late, not lost.
            _suspected = null;
            Absorb(suspected);
            Absorb(trial);
            _phase = _resumed;
            return suspected.Rate;
        }

        var isBetter = IsBelow(_suspicion.Probes, trial.Probes) || _suspicion.Controls.IsBelow(trial.Controls, Tolerance, Sigmas);
        if (!IsWorse(trial))
        {
            // Here answers keep up. When there they clearly did not, the rate was too high; else it was chance.
            Absorb(trial);
            _lastGood = trial.Rate;
            _phase = isBetter ? Phase.Avoid : _resumed;
            return isBetter ? trial.Rate : _suspicion.Rate;
        }

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
        IsBelow(trial.Probes, _probes) || trial.Controls.IsBelow(_controls, Tolerance, Sigmas);

    // Some answers may belong to the trial before or after.
    private bool IsBelow(AnswerShare share, AnswerShare other) =>
        (share with { Answered = share.Answered + (Blur * other.Value) }).IsBelow(other, Tolerance, Sigmas);

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

        _answersBefore = _lag.Count;
        Volatile.Write(ref _trial, new RateTrial(rate, now));
    }

    private readonly record struct Suspicion(double Rate, AnswerShare Probes, AnswerShare Controls);
}
