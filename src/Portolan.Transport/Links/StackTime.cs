namespace Portolan.Transport.Links;

/// <summary>The time of a <see cref="TimeProvider"/> as the stack tells it.</summary>
public static class StackTime
{
    private const long NanosecondsPerSecond = 1_000_000_000;

    /// <summary>Now, in nanoseconds since whatever the provider's timestamps count from.</summary>
    public static Instant GetInstant(this TimeProvider time) => time.InstantOf(time.GetTimestamp());

    /// <summary>The time of a timestamp.</summary>
    public static Instant InstantOf(this TimeProvider time, long timestamp)
    {
        var frequency = time.TimestampFrequency;
        return new Instant(frequency == NanosecondsPerSecond ? timestamp : (long)((Int128)timestamp * NanosecondsPerSecond / frequency));
    }
}
