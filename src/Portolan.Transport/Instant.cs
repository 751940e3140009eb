namespace Portolan.Transport;

/// <summary>
/// A point of time that the stack is told: nanoseconds since an origin that the owner chose. It never runs backwards within one stack.
/// </summary>
/// <param name="Nanoseconds">Nanoseconds since the origin.</param>
public readonly record struct Instant(long Nanoseconds) : IComparable<Instant>
{
    private const long NanosecondsPerTick = 100;

    /// <summary>Later than all that happens: no deadline.</summary>
    public static readonly Instant Never = new(long.MaxValue);

    /// <summary>Milliseconds since the origin, as the timestamps option counts them.</summary>
    public long Milliseconds => Nanoseconds / 1_000_000;

    /// <summary>The time a span later; <see cref="Never"/> where that is unknown.</summary>
    public static Instant operator +(Instant instant, TimeSpan span) =>
        instant == Never || span.Ticks > (long.MaxValue - Math.Max(instant.Nanoseconds, 0)) / NanosecondsPerTick
        ? Never
        : new Instant(instant.Nanoseconds + (span.Ticks * NanosecondsPerTick));

    /// <summary>The time between, in steps of 100 ns.</summary>
    public static TimeSpan operator -(Instant later, Instant earlier) =>
        TimeSpan.FromTicks((later.Nanoseconds - earlier.Nanoseconds) / NanosecondsPerTick);

    /// <summary>Whether <paramref name="left"/> comes first.</summary>
    public static bool operator <(Instant left, Instant right) => left.Nanoseconds < right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> comes later.</summary>
    public static bool operator >(Instant left, Instant right) => left.Nanoseconds > right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> does not come later.</summary>
    public static bool operator <=(Instant left, Instant right) => left.Nanoseconds <= right.Nanoseconds;

    /// <summary>Whether <paramref name="left"/> does not come first.</summary>
    public static bool operator >=(Instant left, Instant right) => left.Nanoseconds >= right.Nanoseconds;

    /// <summary>The earlier of two.</summary>
    public static Instant Earlier(Instant left, Instant right) => left < right ? left : right;

    /// <inheritdoc/>
    public int CompareTo(Instant other) => Nanoseconds.CompareTo(other.Nanoseconds);
}
