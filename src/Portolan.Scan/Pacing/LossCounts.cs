namespace Portolan.Scan.Pacing;

/// <summary>What a stage saw of lost probes, in counts: the data of <see cref="LossEstimate"/> and <see cref="LossBound"/>.</summary>
/// <remarks>Written by one thread. Attempts are numbered from 0 here; those beyond <see cref="Attempts"/> count as the last.</remarks>
public sealed class LossCounts
{
    /// <summary>Attempts that are distinguished.</summary>
    public const int Attempts = 16;

    private readonly long[] _answered = new long[Attempts];
    private readonly long[] _late = new long[Attempts];

    /// <summary>Control probes whose wait is over: sent to ports that had answered before.</summary>
    public long Controls { get; private set; }

    /// <summary>Of those, the ones without an answer in time.</summary>
    public long ControlsLost { get; private set; }

    /// <summary>Ports found by attempts that are counted here.</summary>
    public long Found { get; private set; }

    /// <summary>
    /// Ports of the same hosts that were found before: the silent ones were as likely as these to be there, but they tell nothing of loss.
    /// </summary>
    public long FoundBefore { get; private set; }

    /// <summary>Ports that answered an attempt in time.</summary>
    public long AnsweredAt(int attempt) => _answered[attempt];

    /// <summary>
    /// Ports found only by a reply that the target repeated by itself, when this many attempts had been made and lost (counted from 0).
    /// </summary>
    public long LateAt(int attempt) => _late[attempt];

    /// <summary>Ports answered the attempt with this number; a negative count takes back what was counted.</summary>
    public void CountAnswer(int attempt, long count = 1)
    {
        _answered[Math.Min(attempt, Attempts - 1)] += count;
        Found += count;
    }

    /// <summary>Ports were found by a late reply; <paramref name="lastAttempt"/> was the last attempt made to them until then.</summary>
    public void CountLate(int lastAttempt, long count = 1)
    {
        _late[Math.Min(lastAttempt, Attempts - 1)] += count;
        Found += count;
    }

    /// <summary>A control probe was answered, or its wait is over.</summary>
    public void CountControl(bool isLost) => CountControls(1, isLost ? 1 : 0);

    /// <summary>Control probes ended; negative counts take back what was counted.</summary>
    public void CountControls(long sent, long lost)
    {
        Controls += sent;
        ControlsLost += lost;
    }

    /// <summary>Ports were found before; see <see cref="FoundBefore"/>.</summary>
    public void CountFoundBefore(long count) => FoundBefore += count;

    /// <summary>Adds what another stage, or the same in an earlier process, has counted.</summary>
    public void Add(LossCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            _answered[attempt] += other._answered[attempt];
            _late[attempt] += other._late[attempt];
        }

        Found += other.Found;
        FoundBefore += other.FoundBefore;
        CountControls(other.Controls, other.ControlsLost);
    }

    /// <summary>Takes back what was added.</summary>
    public void Remove(LossCounts other)
    {
        ArgumentNullException.ThrowIfNull(other);
        for (var attempt = 0; attempt < Attempts; attempt++)
        {
            CountAnswer(attempt, -other._answered[attempt]);
            CountLate(attempt, -other._late[attempt]);
        }

        FoundBefore -= other.FoundBefore;
        CountControls(-other.Controls, -other.ControlsLost);
    }
}
