using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Portolan.Linux.Interop;

/// <summary>A socket descriptor, closed once.</summary>
internal sealed partial class SocketHandle : SafeHandleMinusOneIsInvalid
{
    public SocketHandle()
        : base(ownsHandle: true)
    {
    }

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
