using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Clocks.</summary>
internal static unsafe partial class Libc
{
    /// <summary>Time since boot, suspend included: what start times in /proc count from.</summary>
    internal const int CLOCK_BOOTTIME = 7;

    /// <summary><paramref name="tp"/> is a struct timespec: seconds, then nanoseconds, each as wide as a pointer.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int clock_gettime(int clockid, nint* tp);
}
