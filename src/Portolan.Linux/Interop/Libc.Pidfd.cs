using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Portolan.Linux.Interop;

/// <summary>pidfd_open(2), pidfd_send_signal(2) and waiting on them: a descriptor names a process for good, a pid does not.</summary>
internal static unsafe partial class Libc
{
    // Since Linux 5.4 every architecture numbers new system calls alike; the C library has wrappers only since glibc 2.36.
    internal const nint SYS_pidfd_send_signal = 424;
    internal const nint SYS_pidfd_open = 434;

    internal const short POLLIN = 1;

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_pidfd_open(nint number, int pid, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_pidfd_send_signal(nint number, SafeFileHandle pidfd, int sig, nint info, uint flags);

    [LibraryImport("libc", EntryPoint = "poll", SetLastError = true)]
    internal static partial int poll_one(poll_fd* fds, nuint nfds, int timeout);

    /// <summary>struct pollfd of poll.h; the compiler keeps all-lower-case names for itself.</summary>
    internal struct poll_fd
    {
        internal int fd;
        internal short events;
        internal short revents;
    }
}
