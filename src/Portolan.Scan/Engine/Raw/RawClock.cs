namespace Portolan.Scan.Engine.Raw;

/// <summary>Time in nanoseconds since the clock was made.</summary>
internal sealed class RawClock(TimeProvider time)
{
    /// <summary>Nanoseconds in a second.</summary>
    public const long Second = 1_000_000_000;

    /// <summary>Nanoseconds in a millisecond.</summary>
    public const long Millisecond = 1_000_000;

    private readonly long _origin = time.GetTimestamp();
    private readonly double _scale = (double)Second / time.TimestampFrequency;
    private readonly bool _isNanoseconds = time.TimestampFrequency == Second;

    public long Now => At(time.GetTimestamp());

    /// <summary>The time of a provider's timestamp.</summary>
    public long At(long timestamp) => _isNanoseconds ? timestamp - _origin : (long)((timestamp - _origin) * _scale);

    /// <summary>A time span in nanoseconds.</summary>
    public static long Of(TimeSpan span) => span.Ticks * TimeSpan.NanosecondsPerTick;

    /// <summary>Nanoseconds as a time span, rounded up so that a wait is never too short.</summary>
    public static TimeSpan Span(long nanoseconds) =>
        TimeSpan.FromTicks((nanoseconds + TimeSpan.NanosecondsPerTick - 1) / TimeSpan.NanosecondsPerTick);
}
