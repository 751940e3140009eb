using System.Runtime.InteropServices;

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

    internal const int SIGTTOU = 22;
    internal const int SIG_BLOCK = 0;

    [LibraryImport("libc", SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    internal static partial int mount(string? source, string target, string? filesystemtype, nuint mountflags, string? data);

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
