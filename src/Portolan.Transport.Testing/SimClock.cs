namespace Portolan.Transport.Testing;

/// <summary>The time of a world: it stands still until the next event, then jumps there. Timestamps are nanoseconds since the world began.</summary>
public sealed class SimClock : TimeProvider
{
    /// <summary>What the time of day is when a world begins.</summary>
    public static DateTimeOffset Origin { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Now.</summary>
    public Instant Now { get; internal set; }

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() => Now.Nanoseconds;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Origin.AddTicks(Now.Nanoseconds / TimeSpan.NanosecondsPerTick);
}
