namespace Portolan.Scan.Pacing;

/// <summary>A stretch of time at one rate, and what became of the probes sent in it.</summary>
/// <remarks>
/// Senders count what they send, the receiver what is answered; any thread, without locks. A probe belongs to a trial by the time it was
/// sent.
/// </remarks>
public sealed class RateTrial(double rate, long start)
{
    private long _end = long.MaxValue;
    private long _probes;
    private long _probesAnswered;
    private long _controls;
    private long _controlsAnswered;

    /// <summary>Probes per second.</summary>
    public double Rate { get; } = rate;

    /// <summary>When it began, in nanoseconds.</summary>
    public long Start { get; } = start;

    /// <summary>When it ended; the far future while it goes on.</summary>
    public long End => Volatile.Read(ref _end);

    /// <summary>First probes of ports, in an order that makes each stretch of time a fair sample.</summary>
    public AnswerShare Probes => Share(Volatile.Read(ref _probes), Volatile.Read(ref _probesAnswered));

    /// <summary>Control probes.</summary>
    public AnswerShare Controls => Share(Volatile.Read(ref _controls), Volatile.Read(ref _controlsAnswered));

    /// <summary>All that was sent was answered: there is nothing to wait for.</summary>
    public bool IsAllAnswered =>
        Volatile.Read(ref _probesAnswered) + Volatile.Read(ref _controlsAnswered) >= Volatile.Read(ref _probes)
            + Volatile.Read(ref _controls);

    /// <summary>Ends the sending part.</summary>
    public void Close(long now) => Volatile.Write(ref _end, now);

    /// <summary>Counts probes sent.</summary>
    public void CountSent(long sentAt, int count, bool areControls)
    {
        if (sentAt >= Start && sentAt < End)
        {
            Interlocked.Add(ref areControls ? ref _controls : ref _probes, count);
        }
    }

    /// <summary>Counts an answer to a probe that was sent at some time.</summary>
    public void CountAnswer(long sentAt, bool isControl)
    {
        if (sentAt >= Start && sentAt < End)
        {
            Interlocked.Increment(ref isControl ? ref _controlsAnswered : ref _probesAnswered);
        }
    }

    // At its ends a trial may get answers of probes that were counted just before or after it.
    private static AnswerShare Share(long sent, long answered) => new(sent, Math.Min(sent, answered));
}
