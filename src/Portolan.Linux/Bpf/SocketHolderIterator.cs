using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf;

/// <summary>
/// Finds the processes that hold sockets through the kernel's BPF iterator over open files: one pass, no call per descriptor.
/// </summary>
/// <remarks>
/// Needs CAP_BPF and CAP_PERFMON, and a kernel that carries its BTF. Process ids are those of the first pid namespace, so a caller
/// in another one must walk /proc. Nothing stays loaded: what is made lives as long as its descriptors.
/// </remarks>
public static class SocketHolderIterator
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Reads all holders of the wanted sockets.</summary>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static HolderList Read(InodeSet wanted, CancellationToken cancellationToken)
    {
        using var program = LoadProgram(FindOffsets());
        using var link = Link(program);
        using var iterator = Iterate(link);
        return ReadRecords(iterator, wanted, cancellationToken);
    }

    private static TaskFileOffsets FindOffsets()
    {
        using var btf = KernelBtf.Open();
        return TaskFileOffsets.TryFind(btf.Bytes, out var offsets, out var missing)
            ? offsets
            : throw new LinuxException(Libc.ENOENT, $"find {missing} in the kernel's BTF");
    }

    private static unsafe BpfHandle LoadProgram(in TaskFileOffsets offsets)
    {
        var instructions = TaskFileProgram.Build(offsets);
        fixed (ulong* code = instructions)
        fixed (byte* licence = TaskFileProgram.Licence)
        {
            var attributes = new Libc.bpf_attr_prog_load
            {
                prog_type = Libc.BPF_PROG_TYPE_TRACING,
                insn_cnt = (uint)instructions.Length,
                insns = (ulong)code,
                license = (ulong)licence,
                prog_name = BinaryPrimitives.ReadUInt64LittleEndian("portolan"u8),
                expected_attach_type = Libc.BPF_TRACE_ITER,
                attach_btf_id = offsets.IteratorId,
            };
            return Call(Libc.BPF_PROG_LOAD, &attributes, Unsafe.SizeOf<Libc.bpf_attr_prog_load>(), "load a BPF program");
        }
    }

    private static unsafe BpfHandle Link(BpfHandle program)
    {
        var attributes = new Libc.bpf_attr_link_create { prog_fd = (uint)program.Descriptor, attach_type = Libc.BPF_TRACE_ITER };
        return Call(Libc.BPF_LINK_CREATE, &attributes, Unsafe.SizeOf<Libc.bpf_attr_link_create>(), "attach a BPF iterator");
    }

    private static unsafe BpfHandle Iterate(BpfHandle link)
    {
        var attributes = new Libc.bpf_attr_iter_create { link_fd = (uint)link.Descriptor };
        return Call(Libc.BPF_ITER_CREATE, &attributes, Unsafe.SizeOf<Libc.bpf_attr_iter_create>(), "open a BPF iterator");
    }

    private static unsafe BpfHandle Call(int command, void* attributes, int size, string operation)
    {
        using var raised = RaisedCapabilities.ToUseBpf();
        var result = (int)Libc.bpf(Libc.SYS_bpf, command, attributes, (uint)size);
        return result >= 0 ? new BpfHandle(result) : throw new LinuxException(Marshal.GetLastPInvokeError(), operation);
    }

    private static unsafe HolderList ReadRecords(BpfHandle iterator, InodeSet wanted, CancellationToken cancellationToken)
    {
        var holders = new HolderList();
        var buffer = new byte[BufferSize];
        var filled = 0;
        fixed (byte* pointer = buffer)
        {
            while (true)
            {
                cancellationToken.ThrowIfCancellationRequested();
                var count = (int)Libc.read(iterator.Descriptor, pointer + filled, (nuint)(buffer.Length - filled));
                if (count == 0)
                {
                    return holders;
                }

                if (count > 0)
                {
                    filled += count;
                    var used = Take(buffer.AsSpan(0, filled), wanted, holders);
                    buffer.AsSpan(used, filled - used).CopyTo(buffer);
                    filled -= used;
                }
                else if (Marshal.GetLastPInvokeError() is var errno and not (Libc.EINTR or Libc.EAGAIN))
                {
                    throw new LinuxException(errno, "read a BPF iterator");
                }
            }
        }
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

    private sealed class BpfHandle(int descriptor) : IDisposable
    {
        public int Descriptor => descriptor;

        public void Dispose() => ProcHandle.Close(descriptor);
    }
}
