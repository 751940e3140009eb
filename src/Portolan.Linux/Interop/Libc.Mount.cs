using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace Portolan.Linux.Interop;

/// <summary>Mounts (mount(2)), and becoming another program (execve(2)).</summary>
internal static unsafe partial class Libc
{
    internal const nuint MS_NOSUID = 0x2;
    internal const nuint MS_NODEV = 0x4;
    internal const nuint MS_NOEXEC = 0x8;
    internal const nuint MS_BIND = 0x1000;
    internal const nuint MS_REC = 0x4000;
    internal const nuint MS_PRIVATE = 0x40000;

    // New system calls have one number on every architecture; the C library has wrappers only since glibc 2.36.
    internal const nint SYS_fsopen = 430;
    internal const nint SYS_fsconfig = 431;
    internal const nint SYS_fsmount = 432;
    internal const uint FSOPEN_CLOEXEC = 1;
    internal const uint FSCONFIG_CMD_CREATE = 6;
    internal const uint FSMOUNT_CLOEXEC = 1;

    internal const int SIGHUP = 1;
    internal const int SIGTTOU = 22;
    internal const int SIG_BLOCK = 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? filesystemtype, nuint mountflags, string? data);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial nint syscall_fsopen(nint number, string fs_name, uint flags);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_fsconfig(nint number, SafeFileHandle fd, uint cmd, nint key, nint value, int aux);

    [LibraryImport("libc", EntryPoint = "syscall", SetLastError = true)]
    internal static partial nint syscall_fsmount(nint number, SafeFileHandle fd, uint flags, uint attr_flags);

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int chmod(string pathname, uint mode);

    /// <summary>The environment is the one the process was started with.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int execv(byte* pathname, byte** argv);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint signal(int signum, nint handler);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int tcsetpgrp(int fd, int pgrp);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getpgid(int pid);
}
