namespace Portolan.Tests.Support;

/// <summary>A clock that stands still until someone moves it. Timestamps are nanoseconds.</summary>
internal sealed class VirtualTime : TimeProvider
{
    internal const long Second = 1_000_000_000;

    private static readonly DateTimeOffset Epoch = new(2026, 1, 2, 3, 4, 5, TimeSpan.Zero);

    private long _now = Second;

    /// <inheritdoc/>
    public override long TimestampFrequency => Second;

    internal long Now => _now;

    internal TimeSpan Elapsed => TimeSpan.FromTicks((_now - Second) / 100);

    /// <inheritdoc/>
    public override long GetTimestamp() => _now;

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => Epoch + Elapsed;

    internal void AdvanceTo(long time) => _now = Math.Max(_now, time);

    internal static long Milliseconds(double milliseconds) => (long)(milliseconds * 1_000_000);
}
