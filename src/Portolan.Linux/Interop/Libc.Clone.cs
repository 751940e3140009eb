using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Portolan.Linux.Interop;

/// <summary>What a new process in new namespaces takes: clone(2), unshare(2), setns(2), pipes, signals, waiting.</summary>
internal static unsafe partial class Libc
{
    internal const nint CLONE_NEWNS = 0x00020000;
    internal const nint CLONE_NEWUSER = 0x10000000;
    internal const nint CLONE_NEWPID = 0x20000000;
    internal const int CLONE_NEWNET = 0x40000000;
    internal const int SIGKILL = 9;
    internal const int SIGPIPE = 13;
    internal const int SIGCHLD = 17;
    internal const int PR_SET_PDEATHSIG = 1;
    internal const int PR_SET_DUMPABLE = 4;
    internal const int PR_SET_SECCOMP = 22;
    internal const int SECCOMP_MODE_FILTER = 2;
    internal const int SIG_SETMASK = 2;
    internal const int CLOSE_RANGE_CLOEXEC = 4;
    internal const int F_DUPFD_CLOEXEC = 1030;
    internal const int F_SETFD = 2;
    internal const int FD_CLOEXEC = 1;
    internal const int P_ALL = 0;
    internal const int P_PID = 1;
    internal const int WEXITED = 4;
    internal const int WNOWAIT = 0x01000000;
    internal const int WALL = 0x40000000;

    /// <summary>Bytes of siginfo_t.</summary>
    internal const int SignalInfoSize = 128;

    /// <summary>Bytes of the kernel's mask of signals; that of the C library is larger.</summary>
    internal const int SignalMaskSize = 8;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int pipe2(int* pipefd, int flags);

    internal const int X_OK = 1;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int access(string pathname, int mode);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int socketpair(int domain, int type, int protocol, int* sv);

    [LibraryImport("libc", EntryPoint = "fcntl", SetLastError = true)]
    internal static partial int fcntl_number(int fd, int cmd, int argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitid(int idtype, int id, byte* infop, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int waitpid(int pid, int* status, int options);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int kill(int pid, int sig);

    [LibraryImport("libc", EntryPoint = "syscall")]
    internal static partial nint syscall_rt_sigprocmask(nint number, int how, ulong* set, ulong* before, nint size);

    /// <summary>Changes the calling thread only.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unshare(int flags);

    /// <summary>Changes the calling thread only.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setns(SafeFileHandle fd, int nstype);
}
