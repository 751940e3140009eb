namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Where a stage stands that keeps connections to hear what is said first: a port is done when no caller waits for it any more. Any thread.
/// </summary>
/// <param name="ports">How many ports there are.</param>
/// <param name="wait">The longest wait for one.</param>
/// <param name="clock">Time.</param>
internal sealed class ListeningProgress(ulong ports, TimeSpan wait, TimeProvider clock)
{
    private long _all = (long)ports;
    private long _done;
    private long _lastStart = clock.GetTimestamp();

    /// <summary>The part that is done, 0 to 1.</summary>
    public double Done => Interlocked.Read(ref _all) is var all and > 0 ? Math.Min(1, (double)Interlocked.Read(ref _done) / all) : 1;

    /// <summary>
    /// How long it takes yet if all that is left is silent: as many at once as now, and the last ones to the end of their wait. Services
    /// that speak make it shorter.
    /// </summary>
    /// <param name="inFlight">Connections that were begun and have not ended.</param>
    public TimeSpan RemainingWith(long inFlight)
    {
        var waiting = Math.Max(0, Interlocked.Read(ref _all) - Interlocked.Read(ref _done) - inFlight);
        var last = wait - clock.GetElapsedTime(Interlocked.Read(ref _lastStart));
        return (wait * Math.Ceiling((double)waiting / Math.Max(1, inFlight)))
            + (inFlight > 0 && last > TimeSpan.Zero ? last : TimeSpan.Zero);
    }

    /// <summary>A connection was begun.</summary>
    public void Started() => Interlocked.Exchange(ref _lastStart, clock.GetTimestamp());

    /// <summary>A port needs no more.</summary>
    public void Finish() => Interlocked.Increment(ref _done);

    /// <summary>Ports that were done are tried again.</summary>
    public void Repeat(long count) => Interlocked.Add(ref _all, count);
}
