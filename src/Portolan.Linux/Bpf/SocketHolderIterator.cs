using System.Buffers.Binary;
using Portolan.Linux.Interop;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf;

/// <summary>
/// Finds the processes that hold sockets through the kernel's BPF iterator over open files: one pass, no call per descriptor.
/// </summary>
/// <remarks>
/// Needs CAP_BPF and CAP_PERFMON, and a kernel that carries its BTF. Process ids are those of the first pid namespace, so a caller
/// in another one must walk /proc.
/// </remarks>
public static class SocketHolderIterator
{
    /// <summary>Reads all holders of the wanted sockets.</summary>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static HolderList Read(InodeSet wanted, CancellationToken cancellationToken)
    {
        var offsets = FindOffsets();
        var holders = new HolderList();
        using var program = BpfIterator.Load(TaskFileProgram.Build(offsets), offsets.IteratorId);
        BpfIterator.Run(program, records => Take(records, wanted, holders), cancellationToken);
        return holders;
    }

    private static TaskFileOffsets FindOffsets()
    {
        using var btf = KernelBtf.Open();
        return TaskFileOffsets.TryFind(btf.Bytes, out var offsets, out var missing)
            ? offsets
            : throw new LinuxException(Libc.ENOENT, $"find {missing} in the kernel's BTF");
    }

    /// <summary>Takes whole records off the front and returns how many bytes they were.</summary>
    internal static int Take(ReadOnlySpan<byte> records, InodeSet wanted, HolderList holders)
    {
        var at = 0;
        for (; at + TaskFileProgram.RecordSize <= records.Length; at += TaskFileProgram.RecordSize)
        {
            var record = records.Slice(at, TaskFileProgram.RecordSize);
            var inode = BinaryPrimitives.ReadUInt64LittleEndian(record[TaskFileProgram.RecordInodeOffset..]);
            if (inode <= uint.MaxValue && wanted.Contains((uint)inode))
            {
                holders.Add((uint)inode, BinaryPrimitives.ReadInt32LittleEndian(record));
            }
        }

        return at;
    }
}
