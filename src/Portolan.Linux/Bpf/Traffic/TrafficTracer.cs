using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Bpf.Traffic;

/// <summary>
/// Counts what sockets of the whole machine send and receive, by programs at the kernel's tracepoints. Needs CAP_BPF and CAP_PERFMON,
/// Linux 6.3, and a kernel that carries its BTF.
/// </summary>
/// <remarks>Nothing stays loaded: programs and maps go with their descriptors, also when the process is killed.</remarks>
public sealed class TrafficTracer : IDisposable
{
    /// <summary>How many sockets, and how many pairs of socket and process, are kept between two reads.</summary>
    private const int MostEntries = 262_144;

    /// <summary>How many are read with one call.</summary>
    private const int PartEntries = 8192;

    private readonly List<BpfObject> _objects = [];
    private readonly List<BpfObject> _programs = [];
    private readonly BpfObject _calls;
    private readonly BpfObject _sockets;
    private readonly BpfObject _losses;

    private TrafficTracer()
    {
        _calls = Own(BpfObject.MakeHash(Unsafe.SizeOf<SocketCallKey>(), SocketCalls.Size, MostEntries));
        _sockets = Own(BpfObject.MakeHash(sizeof(ulong), TracedSocket.Size, MostEntries));
        _losses = Own(BpfObject.MakeArray(sizeof(ulong), 1));
    }

    /// <summary>Begins to count.</summary>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static TrafficTracer Open()
    {
        var offsets = FindOffsets();
        var tracer = new TrafficTracer();
        try
        {
            var programs = new TrafficPrograms(offsets, tracer._calls, tracer._sockets, tracer._losses);

            // Sockets that close must be known before bytes are counted.
            tracer.Attach(programs.States(), offsets.SetStateId);
            tracer.Attach(programs.Receives(), offsets.ReceiveLengthId);
            tracer.Attach(programs.Sends(), offsets.SendLengthId);
            return tracer;
        }
        catch
        {
            tracer.Dispose();
            throw;
        }
    }

    /// <summary>Reads what was counted; totals since <see cref="Open"/>.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public void ReadCalls(Action<SocketCallKey, SocketCalls> visit) => ReadAll(_calls, visit);

    /// <summary>Reads the sockets that were seen, by cookie.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public void ReadSockets(Action<ulong, TracedSocket> visit) => ReadAll(_sockets, visit);

    /// <summary>Takes what was counted out of the kernel: it is counted from 0 again.</summary>
    /// <returns>Whether it was there; its last figures.</returns>
    public bool TryTakeCalls(SocketCallKey key, out SocketCalls calls)
    {
        calls = default;
        return _calls.Take(Bytes(ref key), Bytes(ref calls)) == 0;
    }

    /// <summary>Takes a socket out of the kernel.</summary>
    public bool TryTakeSocket(ulong cookie, out TracedSocket socket)
    {
        socket = default;
        return _sockets.Take(Bytes(ref cookie), Bytes(ref socket)) == 0;
    }

    /// <summary>
    /// How many calls and sockets were not counted: for want of room, or because a program ran on that processor already.
    /// </summary>
    public ulong CountLosses()
    {
        Span<byte> key = stackalloc byte[sizeof(uint)];
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        key.Clear();
        var lost = _losses.Find(key, value) == 0 ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;
        foreach (var program in _programs)
        {
            lost += program.CountMisses();
        }

        return lost;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var index = _objects.Count - 1; index >= 0; index--)
        {
            _objects[index].Dispose();
        }
    }

    private static TrafficOffsets FindOffsets()
    {
        using var btf = KernelBtf.Open();
        return TrafficOffsets.TryFind(btf.Bytes, out var missing)
            ?? throw new LinuxException(Libc.ENOENT, $"find {missing} in the kernel's BTF");
    }

    private static Span<byte> Bytes<T>(ref T value)
        where T : unmanaged => MemoryMarshal.AsBytes(new Span<T>(ref value));

    private static void ReadAll<TKey, TValue>(BpfObject map, Action<TKey, TValue> visit)
        where TKey : unmanaged
        where TValue : unmanaged
    {
        var keys = new TKey[PartEntries];
        var values = new TValue[PartEntries];
        Span<byte> position = stackalloc byte[sizeof(ulong)];
        position.Clear();
        for (var isFirst = true; ; isFirst = false)
        {
            var count = map.ReadPart(
                position, isFirst, MemoryMarshal.AsBytes(keys.AsSpan()), MemoryMarshal.AsBytes(values.AsSpan()), PartEntries,
                out var isLast);
            for (var index = 0; index < count; index++)
            {
                visit(keys[index], values[index]);
            }

            if (isLast)
            {
                return;
            }
        }
    }

    private void Attach(ulong[] instructions, uint tracepoint)
    {
        var program = Own(BpfObject.Load(instructions, Libc.BPF_TRACE_RAW_TP, tracepoint));
        _programs.Add(program);
        Own(BpfObject.AttachToTracepoint(program));
    }

    private BpfObject Own(BpfObject made)
    {
        _objects.Add(made);
        return made;
    }
}
