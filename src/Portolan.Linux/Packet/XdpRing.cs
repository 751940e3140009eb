using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>A ring shared with the kernel: indices that only grow, and entries (af_xdp.rst, "Rings").</summary>
internal sealed unsafe class XdpRing : IDisposable
{
    private readonly byte* _mapping;
    private readonly nuint _length;
    private readonly Libc.xdp_ring_offset _offsets;

    private XdpRing(byte* mapping, nuint length, in Libc.xdp_ring_offset offsets)
    {
        _mapping = mapping;
        _length = length;
        _offsets = offsets;
    }

    /// <summary>How many entries were ever put in.</summary>
    internal uint Producer
    {
        get => Volatile.Read(ref *(uint*)(_mapping + _offsets.producer));
        set => Volatile.Write(ref *(uint*)(_mapping + _offsets.producer), value);
    }

    /// <summary>How many were ever taken out.</summary>
    internal uint Consumer
    {
        get => Volatile.Read(ref *(uint*)(_mapping + _offsets.consumer));
        set => Volatile.Write(ref *(uint*)(_mapping + _offsets.consumer), value);
    }

    /// <summary>Maps a ring of a socket.</summary>
    /// <exception cref="LinuxException">The kernel has not the memory.</exception>
    internal static XdpRing Map(SocketHandle socket, in Libc.xdp_ring_offset offsets, long page, long entryBytes)
    {
        var length = (nuint)offsets.desc + (nuint)entryBytes;
        var mapping = Libc.mmap(null, length, Libc.PROT_READ | Libc.PROT_WRITE, Libc.MAP_SHARED, (int)socket.DangerousGetHandle(), page);
        return (nint)mapping == -1
            ? throw new LinuxException(Marshal.GetLastPInvokeError(), "map an AF_XDP ring")
            : new XdpRing((byte*)mapping, length, offsets);
    }

    /// <summary>A frame of a ring of frames.</summary>
    internal ref Libc.xdp_desc Descriptor(uint index) => ref ((Libc.xdp_desc*)(_mapping + _offsets.desc))[index];

    /// <inheritdoc/>
    public void Dispose() => _ = Libc.munmap(_mapping, _length);
}
