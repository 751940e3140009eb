namespace Portolan.Scan.Pacing;

/// <summary>
/// How long answers take, whether they wait in a queue that fills, and how many come a second. Times are nanoseconds of any clock.
/// </summary>
/// <remarks>For one thread at a time.</remarks>
internal sealed class AnswerLag
{
    private const int FirstSamples = 32;
    private const int FreshSamples = 8;
    private const double Growth = 3;
    private const long Slack = 50_000_000;

    // Answers are counted by slots of time; their ring holds the last half second.
    private const long SlotTime = 8_000_000;
    private const int Slots = 64;

    private readonly long[] _slots = new long[Slots];
    private RttEstimator _all;
    private RttEstimator _fresh;
    private int _firstCount;
    private int _freshCount;
    private long _first;
    private long _freshSince = long.MinValue;
    private long _slot;

    /// <summary>Answers so far.</summary>
    public long Count { get; private set; }

    /// <summary>How much longer answers take now than the first ones did: the time that a queue on the way holds.</summary>
    public long Excess => Math.Max(0, Nanoseconds(_fresh.Smoothed) - _first);

    /// <summary>Answers take so much longer than at first that what is sent waits behind what was sent before.</summary>
    public bool IsQueueing =>
        _firstCount >= FirstSamples && _freshCount >= FreshSamples && Nanoseconds(_fresh.Smoothed) > (Growth * _first) + Slack;

    /// <summary>The usual time to an answer; 0 before the first one.</summary>
    public long Usual => Nanoseconds(_all.Smoothed);

    /// <summary>How long answers are worth waiting for; <c>null</c> before the first one.</summary>
    public long? Wait => _all.HasSample ? Nanoseconds(_all.Smoothed + (4 * _all.Variation)) : null;

    /// <summary>A probe was answered. Times at which answers are looked at count: waits in our own buffers are part of them.</summary>
    public void Add(long sentAt, long now)
    {
        var lag = TimeSpan.FromTicks(Math.Max(0, now - sentAt) / TimeSpan.NanosecondsPerTick);
        _all.Add(lag);
        Count++;
        if (sentAt >= _freshSince)
        {
            _fresh.Add(lag);
            _freshCount++;
        }

        if (_firstCount < FirstSamples && ++_firstCount == FirstSamples)
        {
            _first = Usual;
        }
    }

    /// <summary>Answers of a fair sample came in.</summary>
    public void CountArrival(long now)
    {
        MoveTo(now / SlotTime);
        _slots[_slot % Slots]++;
    }

    /// <summary>Answers that <see cref="CountArrival"/> saw, for each second of the last <paramref name="span"/>.</summary>
    public double ArrivalsPerSecond(long now, long span)
    {
        MoveTo(now / SlotTime);
        var count = (int)Math.Clamp(span / SlotTime, 1, Slots - 1);
        long sum = 0;
        for (var i = 1; i <= count; i++)
        {
            // The slot that is still being filled is left out.
            sum += _slots[(((_slot - i) % Slots) + Slots) % Slots];
        }

        return sum * 1e9 / (count * SlotTime);
    }

    /// <summary>The rate has changed because of a queue: answers to what was sent before say nothing of it any more.</summary>
    public void Forget(long now) => (_fresh, _freshCount, _freshSince) = (default, 0, now);

    private static long Nanoseconds(TimeSpan time) => time.Ticks * TimeSpan.NanosecondsPerTick;

    private void MoveTo(long slot)
    {
        if (slot - _slot >= Slots)
        {
            Array.Clear(_slots);
            _slot = slot;
        }

        while (_slot < slot)
        {
            _slots[++_slot % Slots] = 0;
        }
    }
}
