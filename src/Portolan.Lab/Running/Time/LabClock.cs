using System.Diagnostics;
using Portolan.Transport;

namespace Portolan.Lab.Running.Time;

/// <summary>
/// The time of a lab: nanoseconds since it began. Real time follows the system's clock; virtual time stands still until the lab sets it.
/// Timers run on the lab's thread, so that what waits for time goes on in an order that repeats.
/// </summary>
public sealed class LabClock : TimeProvider
{
    private readonly LabLoop _loop;
    private readonly long _start;
    private readonly DateTimeOffset _origin;
    private long _now;

    internal LabClock(LabLoop loop, bool isVirtual)
    {
        (_loop, IsVirtual) = (loop, isVirtual);
        _start = System.GetTimestamp();
        _origin = isVirtual ? VirtualOrigin : System.GetUtcNow();
    }

    /// <summary>The time of day at which labs in virtual time begin.</summary>
    public static DateTimeOffset VirtualOrigin { get; } = new(2030, 1, 1, 0, 0, 0, TimeSpan.Zero);

    /// <summary>Whether time jumps from event to event.</summary>
    public bool IsVirtual { get; }

    /// <summary>The time of day at which it began.</summary>
    public DateTimeOffset Origin => _origin;

    /// <summary>Nanoseconds since the lab began.</summary>
    public Instant Now => new(GetTimestamp());

    /// <inheritdoc/>
    public override long TimestampFrequency => 1_000_000_000;

    /// <inheritdoc/>
    public override long GetTimestamp() =>
        IsVirtual ? Interlocked.Read(ref _now) : (long)((Int128)(System.GetTimestamp() - _start) * 1_000_000_000 / Stopwatch.Frequency);

    /// <inheritdoc/>
    public override DateTimeOffset GetUtcNow() => _origin.AddTicks(GetTimestamp() / TimeSpan.NanosecondsPerTick);

    /// <inheritdoc/>
    public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
    {
        var timer = new LabTimer(_loop, callback, state);
        timer.Change(dueTime, period);
        return timer;
    }

    /// <summary>Lets virtual time jump.</summary>
    internal void AdvanceTo(Instant now)
    {
        if (IsVirtual && now.Nanoseconds > _now)
        {
            Interlocked.Exchange(ref _now, now.Nanoseconds);
        }
    }
}
