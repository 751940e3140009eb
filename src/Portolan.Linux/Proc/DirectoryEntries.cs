using System.Buffers.Binary;

namespace Portolan.Linux.Proc;

/// <summary>
/// Walks one batch of directory entries as getdents64(2) writes them (struct linux_dirent64). Never throws; stops at the first entry that
/// does not fit.
/// </summary>
public ref struct DirectoryEntries
{
    // u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, then the name up to NUL.
    private const int LengthOffset = 16;
    private const int TypeOffset = 18;
    private const int NameOffset = 19;
    private const byte DirectoryType = 4;

    private ReadOnlySpan<byte> _rest;

    /// <summary>Walks <paramref name="batch"/>: the bytes one call of getdents64 returned.</summary>
    public DirectoryEntries(ReadOnlySpan<byte> batch) => _rest = batch;

    /// <summary>Whether the entry last returned is a directory (DT_DIR).</summary>
    public bool IsDirectory { get; private set; }

    /// <summary>The next entry's name, without NUL but with it following in memory, and its inode number.</summary>
    public bool TryNext(out ReadOnlySpan<byte> name, out ulong inode)
    {
        name = default;
        inode = 0;
        if (_rest.Length <= NameOffset)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest[LengthOffset..]);
        if (length <= NameOffset || length > _rest.Length)
        {
            return false;
        }

        var end = _rest[NameOffset..length].IndexOf((byte)0);
        if (end < 0)
        {
            return false;
        }

        name = _rest.Slice(NameOffset, end);
        IsDirectory = _rest[TypeOffset] == DirectoryType;
        inode = BinaryPrimitives.ReadUInt64LittleEndian(_rest);
        _rest = _rest[length..];
        return true;
    }
}
