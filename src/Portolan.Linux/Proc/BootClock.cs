using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>The clock that start times of processes count in.</summary>
public static class BootClock
{
    /// <summary>
    /// Clock ticks since boot, of which <see cref="ProcStat.TicksPerSecond"/> make a second, as in field 22 of /proc/PID/stat.
    /// </summary>
    public static unsafe ulong Ticks
    {
        get
        {
            var time = stackalloc nint[2];
            return Libc.clock_gettime(Libc.CLOCK_BOOTTIME, time) == 0
                ? ((ulong)time[0] * ProcStat.TicksPerSecond) + ((ulong)time[1] * ProcStat.TicksPerSecond / 1_000_000_000)
                : 0;
        }
    }

    /// <summary>
    /// Time since boot, suspension included (CLOCK_BOOTTIME, clock_gettime(2)); zero where the kernel has no such clock.
    /// </summary>
    public static unsafe TimeSpan Elapsed
    {
        get
        {
            var time = stackalloc nint[2];
            return Libc.clock_gettime(Libc.CLOCK_BOOTTIME, time) == 0
                ? TimeSpan.FromTicks(((long)time[0] * TimeSpan.TicksPerSecond) + ((long)time[1] / TimeSpan.NanosecondsPerTick))
                : TimeSpan.Zero;
        }
    }
}
