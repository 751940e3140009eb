using System.Buffers.Binary;
using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Proc;

namespace Portolan.Linux.Bpf.Listening;

/// <summary>
/// Hears of each TCP socket of a network namespace that begins or ends to listen, and of each UDP socket that is bound, by programs in the
/// kernel. Needs CAP_BPF, CAP_PERFMON and CAP_NET_ADMIN, and a kernel that carries its BTF.
/// </summary>
/// <remarks>Nothing stays loaded: programs and ring go with their descriptors, also when the process is killed.</remarks>
public sealed class ListenerTracer : IDisposable
{
    /// <summary>For 3,600 steps between two reads.</summary>
    private const int RingBytes = 256 * 1024;

    private readonly List<BpfObject> _objects = [];
    private readonly BpfRing _ring;
    private readonly BpfObject _losses;
    private ulong _lostBefore;

    private ListenerTracer()
    {
        _ring = BpfRing.Make(RingBytes);
        _losses = Own(BpfObject.MakeArray(sizeof(ulong), 1));
    }

    /// <summary>Why UDP sockets are not heard of; <c>null</c> where they are.</summary>
    public LinuxException? WithoutDatagrams { get; private set; }

    /// <summary>A descriptor that can be read from when there is something to take (poll(2)).</summary>
    internal int Descriptor => _ring.Map.Descriptor;

    /// <summary>Begins to listen.</summary>
    /// <param name="space">The inode of the calling thread's network namespace.</param>
    /// <exception cref="LinuxException">The kernel refuses, or lacks what is needed.</exception>
    public static ListenerTracer Open(uint space)
    {
        var offsets = ListenerOffsets.Find();
        var tracer = new ListenerTracer();
        try
        {
            var programs = new ListenerPrograms(tracer._ring.Map, tracer._losses);
            var states = tracer.Own(BpfObject.Load(programs.States(offsets, space), Libc.BPF_TRACE_RAW_TP, offsets.SetStateId));
            tracer.Own(BpfObject.AttachToTracepoint(states));
            tracer.HearDatagrams(programs);
            return tracer;
        }
        catch
        {
            tracer.Dispose();
            throw;
        }
    }

    /// <summary>Takes the steps since the last call.</summary>
    /// <param name="take">Takes one.</param>
    /// <returns>Whether some were lost for want of room.</returns>
    public bool Take(Action<TracedListener> take)
    {
        _ring.Take(record => take(TracedListener.Read(record)));
        Span<byte> key = stackalloc byte[sizeof(uint)];
        Span<byte> value = stackalloc byte[sizeof(ulong)];
        key.Clear();
        var lost = _losses.Find(key, value) == 0 ? BinaryPrimitives.ReadUInt64LittleEndian(value) : 0;
        var hasLost = lost != _lostBefore;
        _lostBefore = lost;
        return hasLost;
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        for (var index = _objects.Count - 1; index >= 0; index--)
        {
            _objects[index].Dispose();
        }

        _ring.Dispose();
    }

    // No tracepoint reports bind(2): only the programs of a control group are asked, so those of the group at the root.
    private void HearDatagrams(ListenerPrograms programs)
    {
        try
        {
            var mount = CgroupTree.FindMount() ?? throw new LinuxException(Errno.NoEntry, "find the control groups (cgroup2)");
            using var root = ProcHandle.Open(mount);
            var space = OwnSpace();
            foreach (var isIPv6 in (bool[])[false, true])
            {
                var type = isIPv6 ? Libc.BPF_CGROUP_INET6_POST_BIND : Libc.BPF_CGROUP_INET4_POST_BIND;
                var program = Own(BpfObject.LoadForCgroup(programs.Binds(isIPv6, space), type));
                Own(BpfObject.AttachToCgroup(program, root.Descriptor, type));
            }
        }
        catch (LinuxException exception)
        {
            WithoutDatagrams = exception;
        }
    }

    private static unsafe int OwnSpace()
    {
        using var socket = Libc.socket(Libc.AF_INET, Libc.SOCK_DGRAM | Libc.SOCK_CLOEXEC, 0);
        ulong cookie = 0;
        var length = (uint)sizeof(ulong);
        if (socket.IsInvalid || Libc.getsockopt(socket, Libc.SOL_SOCKET, Libc.SO_NETNS_COOKIE, &cookie, &length) != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "read the cookie of the network namespace");
        }

        return cookie <= int.MaxValue ? (int)cookie
            : throw new LinuxException(Errno.NotSupported, "compare the cookie of the network namespace");
    }

    private BpfObject Own(BpfObject made)
    {
        _objects.Add(made);
        return made;
    }
}
