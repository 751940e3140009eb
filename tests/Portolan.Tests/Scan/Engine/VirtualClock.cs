namespace Portolan.Tests.Scan.Engine;

/// <summary>Time that moves when a simulation says so. One tick is a nanosecond.</summary>
internal sealed class VirtualClock : TimeProvider
{
    private static readonly DateTimeOffset Beginning = new(2026, 1, 1, 0, 0, 0, TimeSpan.Zero);
    private long _now = 1_000_000_000;

    public override long TimestampFrequency => 1_000_000_000;

    public long Now => _now;

    public override long GetTimestamp() => _now;

    public override DateTimeOffset GetUtcNow() => Beginning.AddTicks(_now / 100);

    public void MoveTo(long time) => _now = Math.Max(_now, time);
}
