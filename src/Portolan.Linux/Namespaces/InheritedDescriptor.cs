using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>
/// A descriptor that a program was started with, from number 3 up: unlike those that it opens itself, its own children would get it too.
/// </summary>
public static class InheritedDescriptor
{
    /// <summary>Has it closed in every program that this one becomes or starts (FD_CLOEXEC).</summary>
    /// <exception cref="LinuxException">It is not open.</exception>
    public static void CloseOnExecute(SafeHandle handle)
    {
        ArgumentNullException.ThrowIfNull(handle);
        var result = Libc.fcntl_number((int)handle.DangerousGetHandle(), Libc.F_SETFD, Libc.FD_CLOEXEC);
        GC.KeepAlive(handle);
        if (result != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "keep a descriptor from other programs");
        }
    }
}
