using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Packet;

/// <summary>
/// A queue of an interface that the senders of a link share through AF_XDP sockets in copy mode, each with a ring of its own.
/// </summary>
/// <remarks>
/// The first socket brings the memory and the ring of completions, the others join it (XDP_SHARED_UMEM, af_xdp.rst). It stays until the
/// last sender has left. Safe for any thread.
/// </remarks>
internal sealed unsafe class XdpQueue(int interfaceIndex, FrameArea area)
{
    private const uint MaxQueues = 64;

    /// <summary>Frames on their way that the driver may hold; where it is full, the kernel waits for the driver.</summary>
    private const uint CompletionEntries = 4096;

    private const uint FillEntries = 64;
    private const int SendBuffer = 8 << 20;

    private readonly Lock _lock = new();
    private SocketHandle? _first;
    private XdpRing? _completions;
    private uint _queue;
    private int _senders;

    /// <summary>Another sender's way to the queue; <c>null</c> where the kernel or the interface does not allow it.</summary>
    internal XdpTransmitter? TryJoin(FrameSlots slots)
    {
        lock (_lock)
        {
            try
            {
                var transmitter = _first is null ? Begin(slots) : Join(slots, _first);
                _senders += transmitter is null ? 0 : 1;
                return transmitter;
            }
            catch (LinuxException)
            {
                return null; // another way to send is always there
            }
        }
    }

    /// <summary>Has the kernel's notes of finished frames forgotten, to make room for more.</summary>
    internal void DiscardCompletions()
    {
        // Senders may overtake each other here. An older value only looks like less room, until the next call.
        if (_completions is { } ring)
        {
            ring.Consumer = ring.Producer;
        }
    }

    /// <summary>A sender has closed its socket.</summary>
    internal void Leave()
    {
        lock (_lock)
        {
            if (--_senders == 0)
            {
                _completions?.Dispose();
                _completions = null;
                _first?.Dispose();
                _first = null;
            }
        }
    }

    private XdpTransmitter? Begin(FrameSlots slots)
    {
        // A queue taken by another program is busy; one that does not exist is invalid.
        for (_queue = 0; _queue < MaxQueues; _queue++)
        {
            try
            {
                return BeginOn(slots);
            }
            catch (LinuxException exception) when (exception.Errno == Errno.Busy)
            {
                // The next queue.
            }
        }

        return null;
    }

    private XdpTransmitter BeginOn(FrameSlots slots)
    {
        var socket = OpenSocket();
        XdpRing? frames = null;
        XdpRing? completions = null;
        try
        {
            var memory = new Libc.xdp_umem_reg { addr = (ulong)area.Start, len = (ulong)area.Length, chunk_size = (uint)area.ChunkSize };
            using (RaisedCapabilities.For(Capability.IpcLock))
            {
                Check(Libc.setsockopt_bytes(socket, Libc.SOL_XDP, Libc.XDP_UMEM_REG, &memory, (uint)sizeof(Libc.xdp_umem_reg)));
            }

            // Nothing is received this way, but the kernel wants a fill ring all the same.
            SetRing(socket, Libc.XDP_UMEM_FILL_RING, FillEntries);
            SetRing(socket, Libc.XDP_UMEM_COMPLETION_RING, CompletionEntries);
            frames = MapFrames(socket, out var offsets);
            completions = XdpRing.Map(socket, offsets.cr, Libc.XDP_UMEM_PGOFF_COMPLETION_RING, CompletionEntries * sizeof(ulong));
            Bind(socket, Libc.XDP_COPY, 0);
            var transmitter = new XdpTransmitter(this, slots, socket, frames, ownsSocket: false);
            _first = socket;
            _completions = completions;
            return transmitter;
        }
        catch
        {
            frames?.Dispose();
            completions?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private XdpTransmitter Join(FrameSlots slots, SocketHandle first)
    {
        var socket = OpenSocket();
        XdpRing? frames = null;
        try
        {
            frames = MapFrames(socket, out _);
            Bind(socket, Libc.XDP_SHARED_UMEM, (uint)first.DangerousGetHandle());
            return new XdpTransmitter(this, slots, socket, frames, ownsSocket: true);
        }
        catch
        {
            frames?.Dispose();
            socket.Dispose();
            throw;
        }
    }

    private static SocketHandle OpenSocket()
    {
        var socket = RawAccess.OpenRaised(Libc.AF_XDP, Libc.SOCK_RAW, 0);
        if (socket.IsInvalid)
        {
            var errno = Marshal.GetLastPInvokeError();
            socket.Dispose();
            throw new LinuxException(errno, "open an AF_XDP socket");
        }

        PacketSocket.SetBuffer(socket, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, SendBuffer);
        // Since Linux 6.17; before, a call stops after 32 frames, and the next goes on.
        PacketSocket.TrySet(socket, Libc.SOL_XDP, Libc.XDP_MAX_TX_SKB_BUDGET, FrameSlots.Count);
        return socket;
    }

    private static XdpRing MapFrames(SocketHandle socket, out Libc.xdp_mmap_offsets offsets)
    {
        SetRing(socket, Libc.XDP_TX_RING, FrameSlots.Count);
        Libc.xdp_mmap_offsets found;
        var length = (uint)sizeof(Libc.xdp_mmap_offsets);
        Check(Libc.getsockopt(socket, Libc.SOL_XDP, Libc.XDP_MMAP_OFFSETS, &found, &length));
        offsets = found;
        return length == (uint)sizeof(Libc.xdp_mmap_offsets)
            ? XdpRing.Map(socket, offsets.tx, Libc.XDP_PGOFF_TX_RING, FrameSlots.Count * sizeof(Libc.xdp_desc))
            : throw new LinuxException(Errno.InvalidArgument, "read the shape of AF_XDP rings"); // Linux before 5.4
    }

    private void Bind(SocketHandle socket, ushort flags, uint shared)
    {
        var address = new Libc.sockaddr_xdp
        {
            sxdp_family = Libc.AF_XDP,
            sxdp_flags = flags,
            sxdp_ifindex = interfaceIndex,
            sxdp_queue_id = _queue,
            sxdp_shared_umem_fd = shared,
        };
        Check(Libc.bind(socket, (byte*)&address, (uint)sizeof(Libc.sockaddr_xdp)));
    }

    private static void SetRing(SocketHandle socket, int option, uint entries) =>
        Check(Libc.setsockopt_bytes(socket, Libc.SOL_XDP, option, &entries, sizeof(uint)));

    private static void Check(int result)
    {
        if (result != 0)
        {
            throw new LinuxException(Marshal.GetLastPInvokeError(), "set up an AF_XDP socket");
        }
    }
}
