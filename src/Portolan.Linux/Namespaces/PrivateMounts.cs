using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Namespaces;

/// <summary>Changes the mounts of the mount namespace that the caller is in (mount_namespaces(7)).</summary>
public static class PrivateMounts
{
    /// <summary>Has no mount made here be seen elsewhere. To be called before the others.</summary>
    /// <exception cref="LinuxException">Not allowed.</exception>
    public static void Isolate() => Mount(null, "/", null, Libc.MS_REC | Libc.MS_PRIVATE, null, "keep mounts private");

    /// <summary>Mounts /proc for the process namespace of the caller.</summary>
    /// <returns>False where a sandbox hides parts of /proc: the kernel then gives no whole one.</returns>
    public static bool TryMountProc() => Libc.mount("proc", "/proc", "proc", Libc.MS_NOSUID | Libc.MS_NODEV | Libc.MS_NOEXEC, null) == 0;

    /// <summary>Mounts an empty file system in memory. It goes with the namespace.</summary>
    /// <exception cref="LinuxException">Not allowed, or no such folder.</exception>
    public static void MountMemory(string folder) =>
        Mount("tmpfs", folder, "tmpfs", Libc.MS_NOSUID | Libc.MS_NODEV, "mode=0755,size=16m", $"mount a file system in memory on {folder}");

    /// <summary>Shows a file in the place of another; of a link that is the file it leads to.</summary>
    /// <returns>0, or the error number; there may be no such file.</returns>
    public static int Bind(string file, string place) =>
        Libc.mount(file, place, null, Libc.MS_BIND, null) == 0 ? 0 : Marshal.GetLastPInvokeError();

    /// <summary>Lets everybody read a file or a folder, whatever the umask: programs may give up being root.</summary>
    /// <exception cref="LinuxException">It is not the caller's.</exception>
    public static void LetAllRead(string path)
    {
        const uint FileMode = 0x1a4; // rw-r--r--
        const uint FolderMode = 0x1ed; // rwxr-xr-x
        Change(path, Directory.Exists(path) ? FolderMode : FileMode, "read");
    }

    /// <summary>Lets everybody connect to a Unix socket, which is to write to its file (unix(7)).</summary>
    /// <exception cref="LinuxException">It is not the caller's.</exception>
    public static void LetAllConnect(string path)
    {
        const uint SocketMode = 0x1b6; // rw-rw-rw-
        Change(path, SocketMode, "connect to");
    }

    private static void Change(string path, uint mode, string purpose)
    {
        if (Libc.chmod(path, mode) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), $"let everybody {purpose} {path}");
        }
    }

    private static void Mount(string? source, string target, string? type, nuint flags, string? data, string operation)
    {
        if (Libc.mount(source, target, type, flags, data) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), operation);
        }
    }
}
