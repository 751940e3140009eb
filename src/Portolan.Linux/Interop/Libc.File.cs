using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Files and directories. Paths are bytes that end in NUL, so that nothing is allocated or converted per call.</summary>
internal static unsafe partial class Libc
{
    internal const int AT_FDCWD = -100;
    internal const int O_RDONLY = 0;
    internal const int O_WRONLY = 1;
    internal const int O_CLOEXEC = 0x80000;
    internal const int O_PATH = 0x200000;

    internal const int EPERM = 1;
    internal const int ENOENT = 2;
    internal const int ESRCH = 3;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EACCES = 13;
    internal const int EINVAL = 22;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int openat(int dirfd, byte* pathname, int flags, uint mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int close(int fd);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint read(int fd, byte* buffer, nuint count);

    /// <summary>
    /// As <see cref="read"/>, for a call of every packet: the reason of a failure is not kept, and the runtime's own calls may change what
    /// the C library has of it.
    /// </summary>
    [LibraryImport("libc", EntryPoint = "read")]
    internal static partial nint read_quick(int fd, byte* buffer, nuint count);

    /// <summary>As <see cref="write"/>, with what <see cref="read_quick"/> says of failures.</summary>
    [LibraryImport("libc", EntryPoint = "write")]
    internal static partial nint write_quick(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint getdents64(int fd, byte* buffer, nuint count);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint readlinkat(int dirfd, byte* pathname, byte* buffer, nuint size);

    internal const uint STATX_NLINK = 4;
    internal const uint STATX_SIZE = 0x200;
    internal const uint STATX_INO = 0x100;

    /// <summary>Size of struct statx (linux/stat.h), the same on every architecture.</summary>
    internal const int StatxBufferSize = 256;

    /// <summary>Offset of stx_nlink, a u32.</summary>
    internal const int StatxLinkCountOffset = 16;

    /// <summary>Offset of stx_size, a u64.</summary>
    internal const int StatxSizeOffset = 40;

    /// <summary>Offset of stx_ino, a u64.</summary>
    internal const int StatxInodeOffset = 32;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial byte* realpath(byte* path, byte* resolved);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int statx(int dirfd, byte* pathname, int flags, uint mask, byte* statxbuf);
}
