using System.Buffers.Binary;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf;

/// <summary>A descriptor of something of BPF: a program, a map, an attachment. It goes when the descriptor is closed.</summary>
internal sealed class BpfObject : IDisposable
{
    private const int LogBytes = 64 * 1024;

    /// <summary>
    /// What the programs need of the kernel that call helpers only GPL programs may call. These few instructions may be used under either
    /// licence.
    /// </summary>
    private static ReadOnlySpan<byte> Licence => "Dual MIT/GPL\0"u8;

    private int _descriptor;

    private BpfObject(int descriptor) => _descriptor = descriptor;

    internal int Descriptor => _descriptor;

    /// <summary>Loads a tracing program.</summary>
    /// <param name="instructions">Its instructions.</param>
    /// <param name="attachType">Such as BPF_TRACE_RAW_TP.</param>
    /// <param name="attachTo">Number of the BTF type that it is attached to.</param>
    /// <exception cref="LinuxException">The kernel refuses; where its verifier does, with the verifier's last words.</exception>
    internal static BpfObject Load(ulong[] instructions, uint attachType, uint attachTo) =>
        Load(instructions, Libc.BPF_PROG_TYPE_TRACING, attachType, attachTo);

    /// <summary>Loads a program that is run for sockets of a control group.</summary>
    /// <param name="instructions">Its instructions.</param>
    /// <param name="attachType">Such as BPF_CGROUP_INET4_POST_BIND.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject LoadForCgroup(ulong[] instructions, uint attachType) =>
        Load(instructions, Libc.BPF_PROG_TYPE_CGROUP_SOCK, attachType, 0);

    /// <summary>Loads a program that is run for packets of a socket.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject LoadSocketFilter(ulong[] instructions) => Load(instructions, Libc.BPF_PROG_TYPE_SOCKET_FILTER, 0, 0);

    private static BpfObject Load(ulong[] instructions, uint type, uint attachType, uint attachTo)
    {
        var errno = TryLoad(instructions, type, attachType, attachTo, [], out var program);
        if (errno == 0)
        {
            return program!;
        }

        // The verifier says why when it is asked a second time.
        var log = new byte[LogBytes];
        if (errno is Errno.AccessDenied or Errno.InvalidArgument
            && TryLoad(instructions, type, attachType, attachTo, log, out program) == 0)
        {
            return program!;
        }

        var words = LastLines(log);
        throw new LinuxException(errno, words.Length == 0 ? "load a BPF program" : $"load a BPF program (verifier: {words})")
        {
            IsVerifier = words.Length > 0,
        };
    }

    /// <summary>Makes a hash map that takes memory only for what is in it.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject MakeHash(int keySize, int valueSize, int mostEntries) =>
        MakeMap(Libc.BPF_MAP_TYPE_HASH, keySize, valueSize, mostEntries, Libc.BPF_F_NO_PREALLOC);

    /// <summary>Makes a hash map of a fixed size: what is new takes the place of what was not used for the longest time.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject MakeRecentHash(int keySize, int valueSize, int entries) =>
        MakeMap(Libc.BPF_MAP_TYPE_LRU_HASH, keySize, valueSize, entries, 0);

    /// <summary>Makes an array map.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static BpfObject MakeArray(int valueSize, int entries) =>
        MakeMap(Libc.BPF_MAP_TYPE_ARRAY, sizeof(uint), valueSize, entries, 0);

    /// <summary>Makes a ring that programs write to.</summary>
    /// <param name="bytes">Its size: a power of two, and whole pages.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static unsafe BpfObject MakeRing(int bytes)
    {
        var attributes = new Libc.bpf_attr_map_create { map_type = Libc.BPF_MAP_TYPE_RINGBUF, max_entries = (uint)bytes };
        return new BpfObject(Call(Libc.BPF_MAP_CREATE, &attributes, sizeof(Libc.bpf_attr_map_create), "make a BPF ring"));
    }

    private static unsafe BpfObject MakeMap(uint type, int keySize, int valueSize, int entries, uint flags)
    {
        var attributes = new Libc.bpf_attr_map_create
        {
            map_type = type,
            key_size = (uint)keySize,
            value_size = (uint)valueSize,
            max_entries = (uint)entries,
            map_flags = flags,
        };
        return new BpfObject(Call(Libc.BPF_MAP_CREATE, &attributes, sizeof(Libc.bpf_attr_map_create), "make a BPF map"));
    }

    /// <summary>Attaches a program to a control group, beside those that are there.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static unsafe BpfObject AttachToCgroup(BpfObject program, int cgroup, uint attachType)
    {
        var attributes = new Libc.bpf_attr_link_create
        {
            prog_fd = (uint)program.Descriptor,
            target_fd = (uint)cgroup,
            attach_type = attachType,
        };
        return new BpfObject(
            Call(Libc.BPF_LINK_CREATE, &attributes, sizeof(Libc.bpf_attr_link_create), "attach a BPF program to a control group"));
    }

    /// <summary>Attaches a program to the tracepoint that it was loaded for.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static unsafe BpfObject AttachToTracepoint(BpfObject program)
    {
        var attributes = new Libc.bpf_attr_raw_tracepoint { prog_fd = (uint)program.Descriptor };
        return new BpfObject(
            Call(Libc.BPF_RAW_TRACEPOINT_OPEN, &attributes, sizeof(Libc.bpf_attr_raw_tracepoint), "attach a BPF program"));
    }

    /// <summary>Attaches a program to the iterator that it was loaded for.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static unsafe BpfObject AttachToIterator(BpfObject program)
    {
        var attributes = new Libc.bpf_attr_link_create { prog_fd = (uint)program.Descriptor, attach_type = Libc.BPF_TRACE_ITER };
        return new BpfObject(
            Call(Libc.BPF_LINK_CREATE, &attributes, sizeof(Libc.bpf_attr_link_create), "attach a BPF iterator"));
    }

    /// <summary>Opens an iterator through the attachment of its program.</summary>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal static unsafe BpfObject OpenIterator(BpfObject link)
    {
        var attributes = new Libc.bpf_attr_iter_create { link_fd = (uint)link.Descriptor };
        return new BpfObject(Call(Libc.BPF_ITER_CREATE, &attributes, sizeof(Libc.bpf_attr_iter_create), "open a BPF iterator"));
    }

    /// <summary>Reads one value of a map.</summary>
    /// <returns>0, or the error number.</returns>
    internal unsafe int Find(ReadOnlySpan<byte> key, Span<byte> value)
    {
        fixed (byte* keys = key)
        fixed (byte* values = value)
        {
            var attributes = new Libc.bpf_attr_map_element { map_fd = (uint)_descriptor, key = (ulong)keys, value = (ulong)values };
            return Errors(Libc.BPF_MAP_LOOKUP_ELEM, &attributes, sizeof(Libc.bpf_attr_map_element));
        }
    }

    /// <summary>Adds a key with a value to a map, or gives it another value.</summary>
    /// <exception cref="LinuxException">The map is full.</exception>
    internal unsafe void Set(ReadOnlySpan<byte> key, ReadOnlySpan<byte> value)
    {
        fixed (byte* keys = key)
        fixed (byte* values = value)
        {
            var attributes = new Libc.bpf_attr_map_element { map_fd = (uint)_descriptor, key = (ulong)keys, value = (ulong)values };
            Call(Libc.BPF_MAP_UPDATE_ELEM, &attributes, sizeof(Libc.bpf_attr_map_element), "write to a BPF map");
        }
    }

    /// <summary>Removes a key from a map, if it is there.</summary>
    internal unsafe void Remove(ReadOnlySpan<byte> key)
    {
        fixed (byte* keys = key)
        {
            var attributes = new Libc.bpf_attr_map_element { map_fd = (uint)_descriptor, key = (ulong)keys };
            _ = Errors(Libc.BPF_MAP_DELETE_ELEM, &attributes, sizeof(Libc.bpf_attr_map_element));
        }
    }

    /// <summary>Takes one value out of a map.</summary>
    /// <returns>0, or the error number.</returns>
    internal unsafe int Take(ReadOnlySpan<byte> key, Span<byte> value)
    {
        fixed (byte* keys = key)
        fixed (byte* values = value)
        {
            var attributes = new Libc.bpf_attr_map_element { map_fd = (uint)_descriptor, key = (ulong)keys, value = (ulong)values };
            return Errors(Libc.BPF_MAP_LOOKUP_AND_DELETE_ELEM, &attributes, sizeof(Libc.bpf_attr_map_element));
        }
    }

    /// <summary>Reads a part of a hash map.</summary>
    /// <param name="position">Where to go on: empty at first, then what the last call wrote. Eight bytes.</param>
    /// <param name="isFirst">Whether this is the first part.</param>
    /// <param name="keys">Room for keys.</param>
    /// <param name="values">Room for as many values.</param>
    /// <param name="most">How many there is room for.</param>
    /// <param name="isLast">Whether nothing follows.</param>
    /// <returns>How many were read.</returns>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    internal int ReadPart(Span<byte> position, bool isFirst, Span<byte> keys, Span<byte> values, int most, out bool isLast) =>
        Part(Libc.BPF_MAP_LOOKUP_BATCH, position, isFirst, keys, values, most, out isLast);

    /// <summary>Takes a part of a hash map out of it.</summary>
    /// <inheritdoc cref="ReadPart"/>
    internal int TakePart(Span<byte> position, bool isFirst, Span<byte> keys, Span<byte> values, int most, out bool isLast) =>
        Part(Libc.BPF_MAP_LOOKUP_AND_DELETE_BATCH, position, isFirst, keys, values, most, out isLast);

    private unsafe int Part(
        int command, Span<byte> position, bool isFirst, Span<byte> keys, Span<byte> values, int most, out bool isLast)
    {
        fixed (byte* at = position)
        fixed (byte* keyBytes = keys)
        fixed (byte* valueBytes = values)
        {
            var attributes = new Libc.bpf_attr_map_batch
            {
                in_batch = isFirst ? 0 : (ulong)at,
                out_batch = (ulong)at,
                keys = (ulong)keyBytes,
                values = (ulong)valueBytes,
                count = (uint)most,
                map_fd = (uint)_descriptor,
            };
            var errno = Errors(command, &attributes, sizeof(Libc.bpf_attr_map_batch));
            isLast = errno == Errno.NoEntry;
            return errno is 0 or Errno.NoEntry ? (int)attributes.count : throw new LinuxException(errno, "read a BPF map");
        }
    }

    /// <summary>
    /// How often a program was not run because it ran on that processor already (recursion_misses of struct bpf_prog_info).
    /// </summary>
    internal unsafe ulong CountMisses()
    {
        Span<byte> information = stackalloc byte[256];
        information.Clear();
        fixed (byte* bytes = information)
        {
            var attributes = new Libc.bpf_attr_info
            {
                bpf_fd = (uint)_descriptor,
                info_len = (uint)information.Length,
                info = (ulong)bytes,
            };
            return Errors(Libc.BPF_OBJ_GET_INFO_BY_FD, &attributes, sizeof(Libc.bpf_attr_info)) == 0
                && attributes.info_len >= RecursionMisses + sizeof(ulong)
                ? BinaryPrimitives.ReadUInt64LittleEndian(information[RecursionMisses..])
                : 0;
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        if (Interlocked.Exchange(ref _descriptor, -1) is >= 0 and var descriptor)
        {
            ProcHandle.Close(descriptor);
        }
    }

    // struct bpf_prog_info (linux/bpf.h): the member after run_cnt.
    private const int RecursionMisses = 208;

    private static unsafe int TryLoad(
        ulong[] instructions, uint type, uint attachType, uint attachTo, Span<byte> log, out BpfObject? program)
    {
        fixed (ulong* code = instructions)
        fixed (byte* licence = Licence)
        fixed (byte* words = log)
        {
            var attributes = new Libc.bpf_attr_prog_load
            {
                prog_type = type,
                insn_cnt = (uint)instructions.Length,
                insns = (ulong)code,
                license = (ulong)licence,
                log_level = log.IsEmpty ? 0u : 1,
                log_size = (uint)log.Length,
                log_buf = (ulong)words,
                prog_name = BinaryPrimitives.ReadUInt64LittleEndian("portolan"u8),
                expected_attach_type = attachType,
                attach_btf_id = attachTo,
            };
            using var raised = RaisedCapabilities.ToUseBpf();
            var result = (int)Libc.bpf(Libc.SYS_bpf, Libc.BPF_PROG_LOAD, &attributes, (uint)Unsafe.SizeOf<Libc.bpf_attr_prog_load>());
            program = result >= 0 ? new BpfObject(result) : null;
            return result >= 0 ? 0 : Marshal.GetLastPInvokeError();
        }
    }

    private static unsafe int Call(int command, void* attributes, int size, string operation)
    {
        using var raised = RaisedCapabilities.ToUseBpf();
        var result = (int)Libc.bpf(Libc.SYS_bpf, command, attributes, (uint)size);
        return result >= 0 ? result : throw new LinuxException(Marshal.GetLastPInvokeError(), operation);
    }

    private static unsafe int Errors(int command, void* attributes, int size)
    {
        using var raised = RaisedCapabilities.ToUseBpf();
        return (int)Libc.bpf(Libc.SYS_bpf, command, attributes, (uint)size) >= 0 ? 0 : Marshal.GetLastPInvokeError();
    }

    private static string LastLines(ReadOnlySpan<byte> log)
    {
        var end = log.IndexOf((byte)0);
        var lines = Encoding.ASCII.GetString(end < 0 ? log : log[..end]).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        return string.Join("; ", lines.Where(static l => !l.StartsWith("processed ", StringComparison.Ordinal)).TakeLast(2));
    }
}
