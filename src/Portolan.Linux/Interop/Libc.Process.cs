using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>The caller as a process.</summary>
internal static unsafe partial class Libc
{
    /// <summary>_LINUX_CAPABILITY_VERSION_3: two words of 32 bits in each set.</summary>
    internal const uint CapabilityVersion3 = 0x20080522;

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc")]
    internal static partial uint getegid();

    /// <summary>Writes two of <paramref name="data"/>: capabilities 0 to 31, then 32 to 63.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int capget(cap_user_header* header, cap_user_data* data);

    /// <summary>linux/capability.h, struct __user_cap_header_struct.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct cap_user_header
    {
        internal uint version;
        internal int pid;
    }

    /// <summary>linux/capability.h, struct __user_cap_data_struct.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct cap_user_data
    {
        internal uint effective;
        internal uint permitted;
        internal uint inheritable;
    }
}
