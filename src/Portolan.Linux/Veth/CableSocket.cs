using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;

namespace Portolan.Linux.Veth;

/// <summary>A packet socket with the header of virtio before each frame (packet(7), PACKET_VNET_HDR), which does not block.</summary>
internal sealed unsafe class CableSocket : IDisposable
{
    /// <summary>Bytes of <c>struct virtio_net_hdr</c>.</summary>
    internal const int HeaderLength = Packet.VirtioReceiver.HeaderLength;

    private CableSocket(SocketHandle handle) => Handle = handle;

    internal SocketHandle Handle { get; }

    internal int Descriptor => (int)Handle.DangerousGetHandle();

    internal static CableSocket Open(int interfaceIndex, int queueBytes)
    {
        var handle = PacketSocket.Open(withLinkHeader: true);
        try
        {
            PacketSocket.Set(handle, Libc.SOL_PACKET, Libc.PACKET_VNET_HDR, 1, "ask a packet socket for unfinished checksums");
            PacketSocket.SetBuffer(handle, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, queueBytes);
            PacketSocket.SetBuffer(handle, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, queueBytes);
            PacketSocket.TrySet(handle, Libc.SOL_PACKET, Libc.PACKET_QDISC_BYPASS, 1);
            PacketSocket.TrySet(handle, Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, 1);
            PacketSocket.Bind(handle, interfaceIndex, Libc.ETH_P_ALL);
            return new CableSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Frames that found no room in the queue since this was asked last.</summary>
    internal uint TakeDropped()
    {
        // struct tpacket_stats: packets, drops; both start at 0 again when read.
        var statistics = stackalloc uint[2];
        var length = (uint)(2 * sizeof(uint));
        return Libc.getsockopt(Handle, Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics, &length) == 0 ? statistics[1] : 0;
    }

    /// <summary>Reads one frame behind its header.</summary>
    /// <returns>The bytes, or -1 with the error number of the runtime.</returns>
    internal nint Read(Span<byte> room)
    {
        fixed (byte* start = room)
        {
            return Libc.recvfrom(Handle, start, (nuint)room.Length, Libc.MSG_DONTWAIT, null, null);
        }
    }

    /// <summary>Sends one frame behind its header.</summary>
    /// <returns>0, or the error number.</returns>
    internal int Write(ReadOnlySpan<byte> bytes)
    {
        fixed (byte* start = bytes)
        {
            return Libc.sendto(Handle, start, (nuint)bytes.Length, Libc.MSG_DONTWAIT, null, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    public void Dispose() => Handle.Dispose();
}
