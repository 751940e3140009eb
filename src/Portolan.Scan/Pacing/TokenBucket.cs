namespace Portolan.Scan.Pacing;

/// <summary>Lets things through at a rate, with a little of what was not used before. Times are nanoseconds of any clock.</summary>
/// <remarks>For one thread at a time.</remarks>
public struct TokenBucket(double rate)
{
    private const double BurstSeconds = 0.003;
    private const double NanosecondsPerSecond = 1e9;

    private double _tokens = 1;
    private long _filledAt = long.MinValue;

    /// <summary>Tokens per second.</summary>
    public double Rate { get; private set; } = rate;

    /// <summary>Changes the rate from now on.</summary>
    public void SetRate(long now, double rate)
    {
        Fill(now);
        Rate = rate;
        _tokens = Math.Min(_tokens, Depth);
    }

    /// <summary>Takes up to <paramref name="want"/> tokens and says how many.</summary>
    public int Take(long now, int want)
    {
        Fill(now);
        var taken = (int)Math.Min(want, Math.Max(0, _tokens));
        _tokens -= taken;
        return taken;
    }

    /// <summary>Gives back tokens that were not needed.</summary>
    public void Return(int count) => _tokens = Math.Min(_tokens + count, Depth);

    /// <summary>Takes tokens that were used without asking; until they are made good nothing is let through.</summary>
    public void Charge(int count) => _tokens -= count;

    /// <summary>When there will be <paramref name="count"/> tokens, as far as the bucket holds that many.</summary>
    public readonly long ReadyAt(long now, int count)
    {
        var missing = Math.Min(count, Depth) - _tokens;
        var from = _filledAt == long.MinValue ? now : _filledAt;
        return missing <= 0 ? now : from + (long)Math.Ceiling(missing / Rate * NanosecondsPerSecond);
    }

    private readonly double Depth => Math.Max(1, Rate * BurstSeconds);

    private void Fill(long now)
    {
        if (_filledAt != long.MinValue && now > _filledAt)
        {
            _tokens = Math.Min(_tokens + ((now - _filledAt) / NanosecondsPerSecond * Rate), Depth);
        }

        _filledAt = Math.Max(now, _filledAt);
    }
}
