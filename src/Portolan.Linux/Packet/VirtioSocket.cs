using System.Runtime.InteropServices;
using Portolan.Linux.Interop;

namespace Portolan.Linux.Packet;

/// <summary>A packet socket with the header of virtio before each frame (packet(7), PACKET_VNET_HDR), both ways.</summary>
/// <remarks>
/// Only sockets of whole frames have it (SOCK_RAW). Past the queue discipline (PACKET_QDISC_BYPASS) a super-segment is dropped with ENOBUFS
/// where the interface does not cut it itself: what the kernel cuts is a list of packets and no longer the one that was sent
/// (__dev_direct_xmit, net/core/dev.c). Through the queue discipline it is cut in any case (validate_xmit_skb). A ring to send from
/// (PACKET_TX_RING) takes the header too when it is asked for before the ring is made, but its slots are the receiver's until a local
/// receiver has read them; one copy is cheaper.
/// </remarks>
internal sealed unsafe class VirtioSocket : IDisposable
{
    /// <summary>Bytes of <c>struct virtio_net_hdr</c>.</summary>
    internal const int HeaderLength = VirtioReceiver.HeaderLength;

    private const int QueueBytes = 4 << 20;

    private readonly int _sendFlags;

    private VirtioSocket(SocketHandle handle, int sendFlags) => (Handle, _sendFlags) = (handle, sendFlags);

    internal SocketHandle Handle { get; }

    /// <summary>
    /// Opens one that receives nothing before it is bound. It belongs to the calling thread's network namespace, whoever uses it later.
    /// </summary>
    /// <param name="patience">How long a send waits for room in the socket's buffer; zero for not at all.</param>
    /// <param name="bypassesQueue">Whether what is sent passes the queue discipline by: for interfaces that cut super-segments.</param>
    /// <exception cref="LinuxException">The kernel has no such sockets.</exception>
    /// <exception cref="Model.PortolanException">Exit code 4: CAP_NET_RAW is missing.</exception>
    internal static VirtioSocket Open(TimeSpan patience, bool bypassesQueue)
    {
        var handle = PacketSocket.Open(withLinkHeader: true);
        try
        {
            PacketSocket.Set(handle, Libc.SOL_PACKET, Libc.PACKET_VNET_HDR, 1, "ask a packet socket for unfinished checksums");
            PacketSocket.SetBuffer(handle, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, QueueBytes);
            PacketSocket.SetBuffer(handle, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, QueueBytes);
            PacketSocket.TrySet(handle, Libc.SOL_PACKET, Libc.PACKET_QDISC_BYPASS, bypassesQueue ? 1 : 0);
            PacketSocket.TrySet(handle, Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, 1);
            if (patience > TimeSpan.Zero)
            {
                PacketSocket.SetTimeout(handle, Libc.SO_SNDTIMEO, patience);
            }

            return new VirtioSocket(handle, patience > TimeSpan.Zero ? 0 : Libc.MSG_DONTWAIT);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Sends over an interface, and receives from it what is of this EtherType: ETH_P_ALL for all, 0 for nothing yet.</summary>
    /// <exception cref="LinuxException">The interface is gone.</exception>
    internal void Bind(int interfaceIndex, ushort etherType) => PacketSocket.Bind(Handle, interfaceIndex, etherType);

    /// <summary>Frames that found no room in the queue since this was asked last.</summary>
    internal uint TakeDropped()
    {
        // struct tpacket_stats: packets, drops; both start at 0 again when read.
        var statistics = stackalloc uint[2];
        var length = (uint)(2 * sizeof(uint));
        return Libc.getsockopt(Handle, Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics, &length) == 0 ? statistics[1] : 0;
    }

    /// <summary>Reads one frame behind its header, without waiting.</summary>
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
            return Libc.sendto(Handle, start, (nuint)bytes.Length, _sendFlags, null, 0) < 0 ? Marshal.GetLastPInvokeError() : 0;
        }
    }

    public void Dispose() => Handle.Dispose();
}
