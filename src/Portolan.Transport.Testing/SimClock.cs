namespace Portolan.Transport.Testing;

/// <summary>
/// The time of a world: it stands still until the next event, then jumps there. Timestamps are nanoseconds since the world began. Its
/// timers are events of the world: <c>Task.Delay(time, world.Clock)</c>, <c>new PeriodicTimer(time, world.Clock)</c> and
/// <c>new CancellationTokenSource(time, world.Clock)</c> take none of real time.
/// </summary>
/// <remarks>Timers may be made and changed by any thread.</remarks>
public sealed class SimClock : TimeProvider
{
    private readonly SimWorld _world;
    private long _now;

    internal SimClock(SimWorld world) => _world = world;

    /// <summary>What the time of day is when a world begins.</summary>
    public static DateTimeOffset Origin { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>The world's time in nanoseconds.</summary>
    public Instant Now
    {
        get => new(Interlocked.Read(ref _now));
        internal set => Interlocked.Exchange(ref _now, value.Nanoseconds);
    }

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => Now.Nanoseconds;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Origin.AddTicks(Now.Nanoseconds / TimeSpan.NanosecondsPerTick);

    /// <summary>
    /// Makes a timer whose callback is an event of the world: on the world's thread, or with an application on threads of its own on the
    /// thread pool, while time stands still.
    /// </summary>
    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        ArgumentNullException.ThrowIfNull(callback);
        var timer = new SimTimer(_world, () => callback(state));
        timer.Change(dueTime, period);
        return timer;
    }
}
