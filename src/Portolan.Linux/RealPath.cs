using System.Runtime.InteropServices;
using System.Runtime.InteropServices.Marshalling;
using Microsoft.Win32.SafeHandles;
using Portolan.Linux.Interop;

namespace Portolan.Linux;

/// <summary>Where a path leads once all symbolic links are followed (realpath(3)).</summary>
public static class RealPath
{
    private const int LongestPath = 4096;

    /// <summary>The path without links; <c>null</c> where it leads nowhere.</summary>
    public static unsafe string? Of(string path)
    {
        var resolved = stackalloc byte[LongestPath];
        var text = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            return Libc.realpath(text, resolved) is null ? null : Marshal.PtrToStringUTF8((nint)resolved);
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    /// <summary>
    /// Whether a path names a file with contents, links followed: not to a folder, a device, a socket or a pipe, on which opening it may
    /// wait.
    /// </summary>
    public static bool IsRegular(string path)
    {
        const int TypeBits = 0xf000;
        const int Regular = 0x8000;
        return Mode(path) is { } mode && (mode & TypeBits) == Regular;
    }

    /// <summary>The permission bits of what a path points to, links followed; <c>null</c> where that cannot be seen.</summary>
    public static UnixFileMode? PermissionsOf(string path) => Mode(path) is { } mode ? (UnixFileMode)(mode & 0xfff) : null;

    /// <summary>The owner of what a path points to, links followed; <c>null</c> where that cannot be seen.</summary>
    public static uint? OwnerOf(string path) => Look(path)?.Owner;

    private static ushort? Mode(string path) => Look(path)?.Mode;

    private static unsafe (uint Owner, ushort Mode)? Look(string path)
    {
        const int OwnerOffset = 20; // stx_uid
        const int ModeOffset = 28; // stx_mode
        const uint TypeModeAndOwner = 0xb; // STATX_TYPE, STATX_MODE, STATX_UID
        var answer = stackalloc byte[Libc.StatxBufferSize];
        var text = Utf8StringMarshaller.ConvertToUnmanaged(path);
        try
        {
            return Libc.statx(Libc.AT_FDCWD, text, 0, TypeModeAndOwner, answer) == 0
                ? (*(uint*)(answer + OwnerOffset), *(ushort*)(answer + ModeOffset)) : null;
        }
        finally
        {
            Utf8StringMarshaller.Free(text);
        }
    }

    /// <summary>The path of a file that is open, whatever has been put in its place since.</summary>
    public static string? Of(SafeFileHandle file)
    {
        ArgumentNullException.ThrowIfNull(file);
        return Of($"/proc/self/fd/{file.DangerousGetHandle()}");
    }
}
