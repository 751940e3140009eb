namespace Portolan.Scan.Pacing;

/// <summary>What a stage saw of lost probes, in counts: the data of <see cref="LossEstimate"/>.</summary>
/// <remarks>Written by one thread. Attempts are numbered from 0 here; those beyond <see cref="Attempts"/> count as the last.</remarks>
public sealed class LossCounts
{
    /// <summary>Attempts that are told apart.</summary>
    public const int Attempts = 16;

    private readonly long[] _answered = new long[Attempts];
    private readonly long[] _late = new long[Attempts];

    /// <summary>Control probes whose wait is over: sent to ports that had answered before.</summary>
    public long Controls { get; private set; }

    /// <summary>Of those, the ones without an answer in time.</summary>
    public long ControlsLost { get; private set; }

    /// <summary>Ports found at all.</summary>
    public long Found { get; private set; }

    /// <summary>Ports that answered an attempt in time.</summary>
    public long AnsweredAt(int attempt) => _answered[attempt];

    /// <summary>Ports found only by a reply that the target repeated by itself, when this many attempts had been made and lost (counted from 0).</summary>
    public long LateAt(int attempt) => _late[attempt];

    /// <summary>A port answered the attempt with this number.</summary>
    public void CountAnswer(int attempt)
    {
        _answered[Math.Min(attempt, Attempts - 1)]++;
        Found++;
    }

    /// <summary>A port was found by a late reply; <paramref name="lastAttempt"/> was the last attempt made to it until then.</summary>
    public void CountLate(int lastAttempt)
    {
        _late[Math.Min(lastAttempt, Attempts - 1)]++;
        Found++;
    }

    /// <summary>A control probe was answered, or its wait is over.</summary>
    public void CountControl(bool isLost)
    {
        Controls++;
        ControlsLost += isLost ? 1 : 0;
    }
}
