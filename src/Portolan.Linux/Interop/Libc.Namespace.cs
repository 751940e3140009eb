using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Portolan.Linux.Interop;

/// <summary>Namespaces (namespaces(7)). Both calls change the calling thread only.</summary>
internal static unsafe partial class Libc
{
    internal const int CLONE_NEWNET = 0x40000000;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(SafeFileHandle fd, int nstype);
}
