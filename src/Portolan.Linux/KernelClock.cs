using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux;

/// <summary>The time as the kernel's packet filter sees it.</summary>
/// <param name="Now">The time of day.</param>
/// <param name="MinutesWest">Minutes that the kernel's time zone lies west of Greenwich (sys_tz, settimeofday(2)); 0 where that is not
/// known.</param>
public sealed record KernelClock(DateTimeOffset Now, int MinutesWest)
{
    /// <summary>Reads the clocks now (clock_gettime(2)).</summary>
    public static unsafe KernelClock Read()
    {
        var time = stackalloc nint[2];
        if (Libc.clock_gettime(Libc.CLOCK_REALTIME, time) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "read the clock");
        }

        // struct timezone: minutes west, and a word that nobody uses.
        var zone = stackalloc int[2];
        return new KernelClock(
            DateTimeOffset.FromUnixTimeSeconds(time[0]).AddTicks(time[1] / 100),
            Libc.gettimeofday(Libc.SYS_gettimeofday, null, zone) == 0 ? zone[0] : 0);
    }
}
