using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>The caller as a process.</summary>
internal static unsafe partial class Libc
{
    /// <summary>_LINUX_CAPABILITY_VERSION_3: two words of 32 bits in each set.</summary>
    internal const uint CapabilityVersion3 = 0x20080522;

    /// <summary>prctl(2): the ambient set.</summary>
    internal const int PR_CAP_AMBIENT = 47;

    /// <summary>Empties it.</summary>
    internal const int PR_CAP_AMBIENT_CLEAR_ALL = 4;

    [LibraryImport("libc")]
    internal static partial uint geteuid();

    [LibraryImport("libc")]
    internal static partial uint getegid();

    /// <summary>Writes two of <paramref name="data"/>: capabilities 0 to 31, then 32 to 63.</summary>
    [LibraryImport("libc")]
    internal static partial int capget(cap_user_header* header, cap_user_data* data);

    /// <summary>
    /// Takes two of <paramref name="data"/>. It leaves the error number of the call before it to be asked for
    /// (Marshal.GetLastPInvokeError).
    /// </summary>
    [LibraryImport("libc")]
    internal static partial int capset(cap_user_header* header, cap_user_data* data);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint getxattr(string path, string name, byte* value, nuint size);

    [LibraryImport("libc")]
    internal static partial int prctl(int option, nuint argument2, nuint argument3, nuint argument4, nuint argument5);

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
