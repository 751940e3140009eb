namespace Portolan.Linux.Bpf;

/// <summary>Where this kernel keeps what the program reads, in bytes, from its own BTF.</summary>
/// <param name="IteratorId">Number of the function bpf_iter_task_file, to which the program is attached.</param>
/// <param name="TaskTgid">tgid in struct task_struct.</param>
/// <param name="FileInode">f_inode in struct file.</param>
/// <param name="InodeNumber">i_ino in struct inode, 64 bits.</param>
internal readonly record struct TaskFileOffsets(uint IteratorId, int TaskTgid, int FileInode, int InodeNumber)
{
    /// <summary>Finds them; false with the name of what is missing.</summary>
    internal static bool TryFind(ReadOnlySpan<byte> btf, out TaskFileOffsets offsets, out string missing)
    {
        offsets = default;
        missing = "a readable header";
        if (!BtfReader.TryOpen(btf, out var reader))
        {
            return false;
        }

        BtfQuery[] queries =
        [
            new("bpf_iter_task_file"u8.ToArray(), BtfKind.Func),
            new("task_struct"u8.ToArray(), BtfKind.Struct),
            new("file"u8.ToArray(), BtfKind.Struct),
            new("inode"u8.ToArray(), BtfKind.Struct),
        ];
        reader.Find(queries);
        missing = queries[0].Id == 0 ? "bpf_iter_task_file"
            : !reader.TryFindMember(queries[1], "tgid"u8, out var tgid) ? "task_struct.tgid"
            : !reader.TryFindMember(queries[2], "f_inode"u8, out var inode) ? "file.f_inode"
            : !reader.TryFindMember(queries[3], "i_ino"u8, out var number) ? "inode.i_ino"
            : Found(new TaskFileOffsets(queries[0].Id, tgid, inode, number), out offsets);
        return missing.Length == 0;
    }

    private static string Found(TaskFileOffsets found, out TaskFileOffsets offsets)
    {
        offsets = found;
        return "";
    }
}
