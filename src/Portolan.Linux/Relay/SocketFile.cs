using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Relay;

/// <summary>The file of a Unix socket, told apart from every other file by its file system and inode.</summary>
internal readonly record struct SocketFile
{
    // Offsets of struct statx (linux/stat.h): stx_mode, stx_dev_major, stx_dev_minor.
    private const int ModeOffset = 28;
    private const int MajorOffset = 136;
    private const int MinorOffset = 140;
    private const uint Type = 1;
    private const int NoFollow = 0x100;
    private const int TypeBits = 0xf000;
    private const int SocketType = 0xc000;

    private SocketFile(ulong inode, uint major, uint minor, bool isSocket) =>
        (Inode, Major, Minor, IsSocket) = (inode, major, minor, isSocket);

    private ulong Inode { get; }

    private uint Major { get; }

    private uint Minor { get; }

    /// <summary>Whether it is a socket; only such a file may ever be removed.</summary>
    public bool IsSocket { get; }

    /// <summary>What lies at a path, links not followed; <c>null</c> where nothing does, or access is denied.</summary>
    public static unsafe SocketFile? At(RelayAddress address)
    {
        var answer = stackalloc byte[Libc.StatxBufferSize];
        fixed (byte* path = address.Bytes)
        {
            if (Libc.statx(Libc.AT_FDCWD, path + sizeof(ushort), NoFollow, Type | Libc.STATX_INO, answer) != 0)
            {
                return null;
            }
        }

        var fields = new ReadOnlySpan<byte>(answer, Libc.StatxBufferSize);
        return new SocketFile(
            MemoryMarshal.Read<ulong>(fields[Libc.StatxInodeOffset..]),
            MemoryMarshal.Read<uint>(fields[MajorOffset..]),
            MemoryMarshal.Read<uint>(fields[MinorOffset..]),
            (MemoryMarshal.Read<ushort>(fields[ModeOffset..]) & TypeBits) == SocketType);
    }
}
