namespace Portolan.Scan.Pacing;

/// <summary>
/// How long a host takes until it may refuse again, learned from when it did: where to begin to ask, how often, and after what time it
/// surely may.
/// </summary>
/// <remarks>Times are nanoseconds since the refusal before.</remarks>
public sealed class LeaveTime
{
    private const int Steps = 16;
    private const long LeastStep = 10_000_000;
    private const double Sooner = 0.97;

    // Leave that was saved up comes at once, and says nothing of how soon it comes back: Linux saves up six.
    private const int EnoughLessons = 8;
    private const double Margin = 1.25;

    private readonly long _longest;
    private readonly Queue<long> _lessons = new();

    /// <summary>Nothing is known yet.</summary>
    /// <param name="longest">The longest that is reckoned with, and what counts as sure until more is known.</param>
    public LeaveTime(long longest)
    {
        _longest = longest;
        Forget();
    }

    /// <summary>From when on it may be worth asking.</summary>
    public long Soonest { get; private set; }

    /// <summary>From one question to the next.</summary>
    public long Step { get; private set; }

    /// <summary>After so long the host may surely refuse.</summary>
    public long Sure { get; private set; }

    /// <summary>Enough is known: the host takes its time, or it refuses far more often than that.</summary>
    public bool IsKnown => _lessons.Count >= EnoughLessons || _lessons.Any(lesson => lesson > _longest / 2);

    /// <summary>A question was answered before it was sure that it would be.</summary>
    /// <param name="notYet">When the last question before it was asked, which was not answered; <c>null</c> for none.</param>
    /// <param name="answered">When the question that was answered was asked.</param>
    public void Add(long? notYet, long answered)
    {
        _lessons.Enqueue(answered);
        if (_lessons.Count > EnoughLessons)
        {
            _lessons.Dequeue();
        }

        if (_lessons.Count >= EnoughLessons)
        {
            Sure = Math.Clamp((long)(_lessons.Max() * Margin), LeastStep, _longest);
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

    /// <summary>It did not refuse when that was sure.</summary>
    public void Forget()
    {
        _lessons.Clear();
        (Sure, Soonest, Step) = (_longest, 0, Math.Max(LeastStep, _longest / Steps));
    }
}
