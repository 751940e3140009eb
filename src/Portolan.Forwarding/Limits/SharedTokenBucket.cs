namespace Portolan.Forwarding.Limits;

/// <summary>
/// What may be used in a time: bytes, or connections. It fills steadily and holds a fraction of a second's worth, so bursts are short. For
/// all threads.
/// </summary>
/// <remarks>Time comes in as milliseconds of the caller's clock.</remarks>
internal sealed class SharedTokenBucket
{
    /// <summary>
    /// Milliseconds that callers may be late without loss: a deadline's grain and another turn. Without them a small rate, whose
    /// bucket is full when a host comes at last, would give less than it says.
    /// </summary>
    private const int Lateness = 40;

    private readonly Lock _lock = new();
    private readonly long _perSecond;
    private readonly long _burst;
    private readonly double _most;
    private readonly Func<long> _now;
    private double _tokens;
    private long _filledAt;

    /// <summary>Makes a full one.</summary>
    /// <param name="perSecond">How many a second; from 1.</param>
    /// <param name="burst">How many it holds at most; from 1.</param>
    /// <param name="now">The time in milliseconds.</param>
    public SharedTokenBucket(long perSecond, long burst, Func<long> now)
    {
        _perSecond = perSecond;
        _burst = burst;
        _most = burst + (perSecond * Lateness / 1000.0);
        _tokens = burst;
        _now = now;
        _filledAt = now();
    }

    /// <summary>Takes at most so many; 0 when there is none.</summary>
    public int Take(int wanted)
    {
        lock (_lock)
        {
            Fill();
            var taken = (int)Math.Clamp(Math.Floor(_tokens), 0, wanted);
            _tokens -= taken;
            return taken;
        }
    }

    /// <summary>Uses so many, also those that are not there yet; whether some are left.</summary>
    public bool Spend(long count)
    {
        lock (_lock)
        {
            Fill();
            _tokens -= count;
            return _tokens >= 1;
        }
    }

    /// <summary>Gives back what was taken and not used.</summary>
    public void GiveBack(int count)
    {
        if (count > 0)
        {
            lock (_lock)
            {
                _tokens = Math.Min(_most, _tokens + count);
            }
        }
    }

    /// <summary>Milliseconds until so many are there, or as many as it gives at once; from 1.</summary>
    public long MillisecondsUntil(int count)
    {
        lock (_lock)
        {
            Fill();
            var missing = Math.Min(count, _burst) - _tokens;
            return Math.Max(1, (long)Math.Ceiling(missing * 1000 / _perSecond));
        }
    }

    private void Fill()
    {
        var now = _now();
        if (now > _filledAt)
        {
            _tokens = Math.Min(_most, _tokens + ((now - _filledAt) / 1000.0 * _perSecond));
            _filledAt = now;
        }
    }
}
