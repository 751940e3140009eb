using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Clocks.</summary>
internal static unsafe partial class Libc
{
    /// <summary>The time of day: what the kernel stamps packets with.</summary>
    internal const int CLOCK_REALTIME = 0;

    /// <summary>Time since boot, suspend included: what start times in /proc count from.</summary>
    internal const int CLOCK_BOOTTIME = 7;

    /// <summary><paramref name="tp"/> is a struct timespec: seconds, then nanoseconds, each as wide as a pointer.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clockid, nint* tp);

    /// <summary>Both are a struct timespec; what was not slept is not asked for.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int nanosleep(nint* request, nint* remaining);

    /// <summary>Sleeps at least so many nanoseconds, under a second.</summary>
    internal static void Pause(int nanoseconds)
    {
        var request = stackalloc nint[2];
        request[0] = 0;
        request[1] = nanoseconds;
        _ = nanosleep(request, null);
    }
}
