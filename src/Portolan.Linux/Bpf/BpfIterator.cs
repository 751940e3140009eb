using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Bpf;

/// <summary>Runs a BPF iterator of the kernel once: loads its program, attaches it and reads what it writes.</summary>
/// <remarks>
/// Needs CAP_BPF and CAP_PERFMON. Nothing stays loaded: what is made lives as long as its descriptors. An iterator over sockets visits
/// those of the calling thread's network namespace.
/// </remarks>
internal static class BpfIterator
{
    private const int BufferSize = 64 * 1024;

    /// <summary>Takes whole records off the front of what was read, and returns how many bytes they were.</summary>
    internal delegate int Taker(ReadOnlySpan<byte> records);

    /// <summary>Loads a program for an iterator.</summary>
    /// <param name="instructions">The program. It returns 0, or 1 to end the iteration before this object.</param>
    /// <param name="iteratorId">Number of the iterator's function in the kernel's BTF.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject Load(ulong[] instructions, uint iteratorId) =>
        BpfObject.Load(instructions, Libc.BPF_TRACE_ITER, iteratorId);

    /// <summary>Runs a program for each object of its iterator.</summary>
    /// <param name="program">The program.</param>
    /// <param name="take">Takes what it wrote.</param>
    /// <param name="cancellationToken">Stops between two reads.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static void Run(BpfObject program, Taker take, CancellationToken cancellationToken)
    {
        using var link = BpfObject.AttachToIterator(program);
        using var iterator = BpfObject.OpenIterator(link);
        Read(iterator, take, cancellationToken);
    }

    private static unsafe void Read(BpfObject iterator, Taker take, CancellationToken cancellationToken)
    {
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
                    return;
                }

                if (count > 0)
                {
                    filled += count;
                    var used = take(buffer.AsSpan(0, filled));
                    buffer.AsSpan(used, filled - used).CopyTo(buffer);
                    filled -= used;
                    continue;
                }

                // EAGAIN is the program's own 1 for the first object of a read (bpf_iter_run_prog, bpf_seq_read).
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Libc.EAGAIN)
                {
                    return;
                }

                if (errno != Libc.EINTR)
                {
                    throw new LinuxException(errno, "read a BPF iterator");
                }
            }
        }
    }
}
