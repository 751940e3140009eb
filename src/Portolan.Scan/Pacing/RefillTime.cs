namespace Portolan.Scan.Pacing;

/// <summary>
/// How long the token bucket of a host takes to allow the next refusal, measured from the refusals that came: when to begin to probe, how
/// often, and after what time a token is certainly there.
/// </summary>
/// <remarks>Times are nanoseconds since the last refusal.</remarks>
public sealed class RefillTime
{
    private const int Steps = 16;
    private const long LeastStep = 10_000_000;
    private const double Sooner = 0.97;

    // Refusals from saved tokens come at once, and show nothing of the refill: Linux saves six tokens.
    private const int EnoughSamples = 8;
    private const double Margin = 1.25;

    private readonly long _longest;
    private readonly Queue<long> _samples = new();

    /// <summary>Nothing is known yet.</summary>
    /// <param name="longest">The longest refill that is expected; it counts as certain until more is known.</param>
    public RefillTime(long longest)
    {
        _longest = longest;
        Forget();
    }

    /// <summary>A probe before this is hardly ever answered.</summary>
    public long Soonest { get; private set; }

    /// <summary>From one probe to the next.</summary>
    public long Step { get; private set; }

    /// <summary>After this a token is certainly there.</summary>
    public long Certain { get; private set; }

    /// <summary>Enough refusals were seen: the refill is slow, or much faster than the longest.</summary>
    public bool IsKnown => _samples.Count >= EnoughSamples || _samples.Any(sample => sample > _longest / 2);

    /// <summary>A probe was refused before <see cref="Certain"/>.</summary>
    /// <param name="notYet">When the probe before it was sent, which was not answered; <c>null</c> for none.</param>
    /// <param name="answered">When the probe that was refused was sent.</param>
    public void Add(long? notYet, long answered)
    {
        _samples.Enqueue(answered);
        if (_samples.Count > EnoughSamples)
        {
            _samples.Dequeue();
        }

        if (_samples.Count >= EnoughSamples)
        {
            Certain = Math.Clamp((long)(_samples.Max() * Margin), LeastStep, _longest);
        }

        if (notYet is { } early)
        {
            Soonest = early + ((answered - early) / 2);
            Step = Math.Clamp((answered - early) / 2, LeastStep, _longest / Steps);
        }
        else
        {
            Soonest = (long)(Math.Min(Soonest, answered) * Sooner);
        }
    }

    /// <summary>No refusal came when a token should have been there.</summary>
    public void Forget()
    {
        _samples.Clear();
        (Certain, Soonest, Step) = (_longest, 0, Math.Max(LeastStep, _longest / Steps));
    }
}
