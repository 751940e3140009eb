using System.Collections.Concurrent;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Proc;

/// <summary>
/// Reports whether root named the program file that a process runs. What a user may have named proves nothing about what runs.
/// </summary>
/// <remarks>
/// <c>/proc/PID/exe</c> is a path in the mount namespace of the process, and any user may make a namespace of that kind and mount one file
/// over another.
/// So the file itself is compared with the one that this program finds at the path. Safe for several threads.
/// </remarks>
public sealed class ProgramFiles
{
    private readonly ConcurrentDictionary<string, bool> _folders = new(StringComparer.Ordinal);

    // struct statx (linux/stat.h): stx_uid, stx_mode, stx_ino, stx_dev_major and stx_dev_minor.
    private const int UserOffset = 20;
    private const int ModeOffset = 28;
    private const int InodeOffset = 32;
    private const int DeviceOffset = 136;
    private const uint Mask = 2 | 8 | Libc.STATX_INO;
    private const int WritableByOthers = 0x12;

    private const string Deleted = " (deleted)";

    /// <summary>Looks at the program of a process.</summary>
    /// <param name="process">The directory of the process in /proc.</param>
    /// <param name="path">What its link <c>exe</c> says.</param>
    public ProgramFileRoot Of(ProcHandle process, string path)
    {
        if (Look(process.Descriptor, "exe", asReader: true) is not { } running || !running.IsOfRoot)
        {
            return ProgramFileRoot.None;
        }

        var isDeleted = path.EndsWith(Deleted, StringComparison.Ordinal);
        var name = isDeleted ? path[..^Deleted.Length] : path;
        if (!name.StartsWith('/') || !IsFolderOfRoot(name[..name.LastIndexOf('/')]))
        {
            return ProgramFileRoot.File;
        }

        // A file that was replaced is at no path any more: its path counts where it is one of this program's own mounts.
        return (isDeleted ? IsInSameMounts(process) : Look(Libc.AT_FDCWD, name, asReader: false) is { } here && here.IsSameAs(running))
            ? ProgramFileRoot.Name : ProgramFileRoot.File;
    }

    /// <summary>
    /// Whether a folder and all above it are root's, and no other user may write to them: whoever may rename a folder names what is in it.
    /// </summary>
    private bool IsFolderOfRoot(string folder)
    {
        if (!_folders.TryGetValue(folder, out var isOfRoot))
        {
            isOfRoot = Look(Libc.AT_FDCWD, folder.Length == 0 ? "/" : folder, asReader: false) is { IsOfRoot: true }
                && (folder.Length == 0 || IsFolderOfRoot(folder[..folder.LastIndexOf('/')]));
            _folders.TryAdd(folder, isOfRoot);
        }

        return isOfRoot;
    }

    private static bool IsInSameMounts(ProcHandle process)
    {
        using var self = ProcHandle.OpenOrEmpty("/proc/self");
        var theirs = process.ReadLink("ns/mnt"u8);
        return theirs is not null && theirs == self.ReadLink("ns/mnt"u8);
    }

    private static unsafe FileFacts? Look(int directory, string path, bool asReader)
    {
        Span<byte> answer = stackalloc byte[Libc.StatxBufferSize];

        // Only links in /proc are followed with the capability to read processes.
        using var raised = asReader ? RaisedCapabilities.ToReadProcesses() : default;
        fixed (byte* name = Encoding.UTF8.GetBytes(path + "\0"))
        fixed (byte* buffer = answer)
        {
            return Libc.statx(directory, name, 0, Mask, buffer) == 0
                ? new FileFacts(
                    MemoryMarshal.Read<uint>(answer[UserOffset..]),
                    MemoryMarshal.Read<ushort>(answer[ModeOffset..]),
                    MemoryMarshal.Read<ulong>(answer[InodeOffset..]),
                    MemoryMarshal.Read<ulong>(answer[DeviceOffset..]))
                : null;
        }
    }

    private readonly record struct FileFacts(uint User, ushort Mode, ulong Inode, ulong Device)
    {
        public bool IsOfRoot => User == 0 && (Mode & WritableByOthers) == 0;

        public bool IsSameAs(FileFacts other) => Inode == other.Inode && Device == other.Device;
    }
}

/// <summary>What of a program file is root's.</summary>
public enum ProgramFileRoot : byte
{
    /// <summary>Nothing, or it cannot be seen.</summary>
    None,

    /// <summary>The file: only root may write to it. Its name may be a user's.</summary>
    File,

    /// <summary>The file, its name, and every folder above it.</summary>
    Name,
}
