using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Privilege;

/// <summary>
/// The capabilities of the calling thread as the kernel has them (capget(2)). They belong to a thread, not to the process.
/// </summary>
internal readonly record struct ThreadCapabilities(ulong Effective, ulong Permitted, ulong Inheritable)
{
    /// <summary>Reads them; all empty when they cannot be asked.</summary>
    public static unsafe ThreadCapabilities Read()
    {
        var header = new Libc.cap_user_header { version = Libc.CapabilityVersion3 };
        var data = stackalloc Libc.cap_user_data[2];
        return Libc.capget(&header, data) != 0 ? default : new ThreadCapabilities(
            Join(data[0].effective, data[1].effective),
            Join(data[0].permitted, data[1].permitted),
            Join(data[0].inheritable, data[1].inheritable));
    }

    /// <summary>Makes them the thread's (capset(2)). Lowering never fails, and raising does not within the permitted set.</summary>
    /// <exception cref="LinuxException">Something keeps the thread from it, such as a seccomp filter.</exception>
    public unsafe void Apply()
    {
        var header = new Libc.cap_user_header { version = Libc.CapabilityVersion3 };
        var data = stackalloc Libc.cap_user_data[2];
        data[0] = new() { effective = (uint)Effective, permitted = (uint)Permitted, inheritable = (uint)Inheritable };
        data[1] = new()
        {
            effective = (uint)(Effective >> 32),
            permitted = (uint)(Permitted >> 32),
            inheritable = (uint)(Inheritable >> 32),
        };
        if (Libc.capset(&header, data) != 0)
        {
            throw new LinuxException(Marshal.GetLastSystemError(), "change the capabilities of a thread");
        }
    }

    private static ulong Join(uint low, uint high) => low | ((ulong)high << 32);
}
