using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>Turns the kernel's time of arrival, a time of day, into ticks of a <see cref="TimeProvider"/>.</summary>
/// <remarks>A frame is stamped when it comes, so an answer's delay is the network's even when we were late to take it.</remarks>
internal sealed unsafe class PacketClock(TimeProvider time)
{
    /// <summary>A frame older than this was stamped before the clock was set.</summary>
    private const long OldestNanoseconds = 10_000_000_000;

    private long _now;
    private long _ticks;

    /// <summary>Reads both clocks. Once for each batch is often enough.</summary>
    internal void Synchronize()
    {
        var real = stackalloc nint[2];
        _ = Libc.clock_gettime(Libc.CLOCK_REALTIME, real);
        _now = (real[0] * 1_000_000_000L) + real[1];
        _ticks = time.GetTimestamp();
    }

    /// <summary>The ticks at a time of day in nanoseconds since 1970.</summary>
    internal long ToTimestamp(long nanoseconds)
    {
        var age = _now - nanoseconds;
        return age is <= 0 or > OldestNanoseconds ? _ticks : _ticks - (long)(age * (time.TimestampFrequency / 1e9));
    }
}
