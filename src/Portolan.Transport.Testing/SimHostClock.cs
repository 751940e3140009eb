namespace Portolan.Transport.Testing;

/// <summary>The clock of a host, which may be wrong: ahead, too fast or too slow. Its timers are the world's.</summary>
internal sealed class SimHostClock(SimHost host) : TimeProvider
{
    public override long TimestampFrequency => 1_000_000_000;

    public override long GetTimestamp() => host.Now.Nanoseconds;

    public override DateTimeOffset GetUtcNow() => SimClock.Origin.AddTicks(host.Now.Nanoseconds / TimeSpan.NanosecondsPerTick);

    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimTimer(host.World, () => callback(state));
        var clocked = new Clocked(host, timer);
        clocked.Change(dueTime, period);
        return clocked;
    }

    /// <summary>A span of the host's clock is another one of the world's.</summary>
    private sealed class Clocked(SimHost host, SimTimer timer) : ITimer
    {
        public bool Change(TimeSpan dueTime, TimeSpan period) => timer.Change(host.WorldSpan(dueTime), host.WorldSpan(period));

        public void Dispose() => timer.Dispose();

        public ValueTask DisposeAsync() => timer.DisposeAsync();
    }
}
