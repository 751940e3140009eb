using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Clocks.</summary>
internal static unsafe partial class Libc
{
    /// <summary>The time of day: what the kernel stamps packets with.</summary>
    internal const int CLOCK_REALTIME = 0;

    /// <summary>Time since boot, without suspend.</summary>
    internal const int CLOCK_MONOTONIC = 1;

    /// <summary>The same, as of the last tick: its resolution is a tick of the kernel's timer.</summary>
    internal const int CLOCK_MONOTONIC_COARSE = 6;

    /// <summary>Time since boot, suspend included: what start times in /proc count from.</summary>
    internal const int CLOCK_BOOTTIME = 7;

    /// <summary><paramref name="tp"/> is a struct timespec: seconds, then nanoseconds, each as wide as a pointer.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clockid, nint* tp);

    /// <summary>The resolution of a clock, in the same form.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_getres(int clockid, nint* res);

    /// <summary>The number of gettimeofday(2) differs by architecture (asm/unistd.h).</summary>
    internal static nint SYS_gettimeofday => RuntimeInformation.ProcessArchitecture == Architecture.X64 ? 96 : 169;

    /// <summary>Called by its number, for the C library no longer gives the time zone (glibc 2.31).</summary>
    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint gettimeofday(nint number, void* tv, int* tz);

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
