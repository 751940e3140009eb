using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux;

/// <summary>The kernel's count of timer ticks (jiffies), in which some of its files give times.</summary>
/// <param name="Now">The count; an estimate, see <see cref="Slack"/>.</param>
/// <param name="Rate">Ticks a second (HZ).</param>
public sealed record KernelTicks(ulong Now, uint Rate)
{
    // linux/jiffies.h: INITIAL_JIFFIES, five minutes before 32 bits are full.
    private const ulong Full = 1UL << 32;
    private const ulong Before = 300;

    /// <summary>How far <see cref="Now"/> may be off: the count begins a little before or behind the clock that it is taken from.</summary>
    public static TimeSpan Slack { get; } = TimeSpan.FromSeconds(2);

    /// <summary>Reads the clocks now (clock_gettime(2)).</summary>
    /// <remarks>
    /// The kernel shows the count to root alone, but the coarse clock (clock_getres(2)) advances with each tick, and the clock of uptime
    /// begins with the first one.
    /// </remarks>
    public static unsafe KernelTicks Read()
    {
        var tick = stackalloc nint[2];
        var time = stackalloc nint[2];
        if (Libc.clock_getres(Libc.CLOCK_MONOTONIC_COARSE, tick) != 0 || Libc.clock_gettime(Libc.CLOCK_MONOTONIC, time) != 0
            || tick[1] <= 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "read the clock");
        }

        var rate = (uint)Math.Round(1e9 / tick[1]);
        return new KernelTicks(Full - (Before * rate) + (ulong)((time[0] + (time[1] / 1e9)) * rate), rate);
    }

    /// <summary>How long ago a moment was; never negative.</summary>
    public TimeSpan Since(ulong moment) => moment >= Now ? TimeSpan.Zero : TimeSpan.FromSeconds((Now - moment) / (double)Rate);
}
