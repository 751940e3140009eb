using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Proc;

/// <summary>Reports whether root alone can have given a control group its name.</summary>
/// <remarks>
/// A process that may write to a directory may make groups in it and move processes of their own into them, with any name (cgroups(7),
/// "Delegation"). The owner of each directory above a name therefore says who chose it.
/// </remarks>
public sealed class CgroupRoots
{
    // struct statx (linux/stat.h): stx_uid, stx_mode.
    private const int UserOffset = 20;
    private const int ModeOffset = 28;
    private const int NoFollow = 0x100;
    private const uint ModeAndUser = 2 | 8;
    private const int WritableByOthers = 0x12;

    private readonly string? _unified;
    private readonly string? _systemd;

    /// <summary>Looks into these mounts.</summary>
    /// <param name="unified">Where cgroup2 is mounted, or <c>null</c>.</param>
    /// <param name="systemd">Where systemd's hierarchy of version 1 is mounted, or <c>null</c>.</param>
    public CgroupRoots(string? unified, string? systemd)
    {
        _unified = unified;
        _systemd = systemd;
    }

    /// <summary>The mounts of this machine.</summary>
    public static CgroupRoots OfThisMachine()
    {
        using var self = ProcHandle.OpenOrEmpty("/proc/self");
        return self.ReadAll("mounts"u8, 4 * 1024 * 1024) is { } mounts
            ? new(CgroupTree.FindMount(mounts), CgroupTree.FindSystemdMount(mounts))
            : new(null, null);
    }

    /// <summary>
    /// Whether every directory above the last part of a group's path belongs to root and only root may write to it; <c>false</c> where
    /// that cannot be seen.
    /// </summary>
    /// <param name="path">Such as <c>/system.slice/ssh.service</c>.</param>
    /// <param name="isUnified">Whether it is a path of version 2.</param>
    public bool IsNamedByRoot(string path, bool isUnified)
    {
        if ((isUnified ? _unified : _systemd) is not { } mount || !path.StartsWith('/') || path.Contains("/..", StringComparison.Ordinal))
        {
            return false;
        }

        for (var end = 0; end >= 0 && end < path.Length; end = path.IndexOf('/', end + 1))
        {
            if (!IsOfRoot(mount + path[..end]))
            {
                return false;
            }
        }

        return true;
    }

    private static unsafe bool IsOfRoot(string directory)
    {
        Span<byte> answer = stackalloc byte[Libc.StatxBufferSize];
        fixed (byte* path = Encoding.UTF8.GetBytes(directory + "\0"))
        fixed (byte* buffer = answer)
        {
            return Libc.statx(Libc.AT_FDCWD, path, NoFollow, ModeAndUser, buffer) == 0
                && MemoryMarshal.Read<uint>(answer[UserOffset..]) == 0
                && (MemoryMarshal.Read<ushort>(answer[ModeOffset..]) & WritableByOthers) == 0;
        }
    }
}
