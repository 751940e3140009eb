namespace Portolan.Linux.Bpf;

/// <summary>The program the kernel runs for every open file of every process: it keeps sockets and writes who holds them.</summary>
/// <remarks>
/// A file is a socket when bpf_sock_from_file says so (Linux 5.11 and later): the kernel's own test, which a socket in a file
/// system opened with O_PATH does not pass. The kernel walks the threads of a process only where their descriptors differ from
/// those of its first thread, so nothing is written twice for an ordinary process, and a thread with descriptors of its own
/// counts for its process, which walking /proc/PID/fd would not see.
/// </remarks>
internal static class TaskFileProgram
{
    /// <summary>
    /// Size of a record: thread group (that is, process) id, descriptor number, 64-bit inode number; in the machine's byte order.
    /// </summary>
    internal const int RecordSize = 16;

    /// <summary>Offset of the inode number in a record.</summary>
    internal const int RecordInodeOffset = 8;

    // include/uapi/linux/bpf.h, enum bpf_func_id.
    private const int SeqWrite = 127;
    private const int SockFromFile = 162;

    // struct bpf_iter__task_file (kernel/bpf/task_iter.c): meta, task, fd and file, eight bytes each. Part of the iterator's interface.
    private const int MetaOffset = 0;
    private const int TaskOffset = 8;
    private const int DescriptorOffset = 16;
    private const int FileOffset = 24;

    /// <summary>Writes the program for a kernel with these offsets.</summary>
    internal static ulong[] Build(in TaskFileOffsets offsets) => new BpfProgramBuilder()
        .Copy(BpfRegister.R6, BpfRegister.R1)
        .LoadFrom(BpfRegister.R7, BpfRegister.R6, TaskOffset, BpfWidth.Double)
        .ExitIfZero(BpfRegister.R7)
        .LoadFrom(BpfRegister.R8, BpfRegister.R6, FileOffset, BpfWidth.Double)
        .ExitIfZero(BpfRegister.R8)

        // Not a socket: nothing to write.
        .Copy(BpfRegister.R1, BpfRegister.R8)
        .Call(SockFromFile)
        .ExitIfZero(BpfRegister.R0)

        // The record, on the stack.
        .LoadFrom(BpfRegister.R1, BpfRegister.R7, offsets.TaskTgid, BpfWidth.Word)
        .StoreTo(BpfRegister.Frame, -RecordSize, BpfRegister.R1, BpfWidth.Word)
        .LoadFrom(BpfRegister.R1, BpfRegister.R6, DescriptorOffset, BpfWidth.Word)
        .StoreTo(BpfRegister.Frame, -RecordSize + 4, BpfRegister.R1, BpfWidth.Word)
        .LoadFrom(BpfRegister.R1, BpfRegister.R8, offsets.FileInode, BpfWidth.Double)
        .LoadFrom(BpfRegister.R1, BpfRegister.R1, offsets.InodeNumber, BpfWidth.Double)
        .StoreTo(BpfRegister.Frame, -RecordSize + RecordInodeOffset, BpfRegister.R1, BpfWidth.Double)

        // bpf_seq_write(ctx->meta->seq, record, size). When its buffer is full the kernel calls again for this file.
        .LoadFrom(BpfRegister.R1, BpfRegister.R6, MetaOffset, BpfWidth.Double)
        .LoadFrom(BpfRegister.R1, BpfRegister.R1, 0, BpfWidth.Double)
        .Copy(BpfRegister.R2, BpfRegister.Frame)
        .Increase(BpfRegister.R2, -RecordSize)
        .Set(BpfRegister.R3, RecordSize)
        .Call(SeqWrite)
        .Exit(0);
}
