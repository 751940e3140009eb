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

    /// <summary>Also -1 whose upper half is zero: of a C function that gives an int nobody knows what is above it.</summary>
    public override bool IsInvalid => (int)handle == -1;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => close((int)handle) == 0;

    [LibraryImport("libc")]
    private static partial int close(int fd);
}
