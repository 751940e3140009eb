using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Linux.Packet;

/// <summary>Receives what all interfaces of this network namespace send and receive (packet(7)). Needs CAP_NET_RAW.</summary>
/// <remarks>One thread. Packets on loopback are handed over once, as they are received.</remarks>
public sealed unsafe class PacketCapture : IDisposable
{
    /// <summary>The largest packet that is taken whole: what segmentation offload hands over is larger than any MTU.</summary>
    public const int LargestPacket = 256 * 1024;

    private const int QueueBytes = 32 << 20;
    private const int TimestampOption = 35; // SO_TIMESTAMPNS, and the type of its control message (asm-generic/socket.h)
    private const byte Outgoing = 4; // PACKET_OUTGOING (linux/if_packet.h)
    private const ushort Ethernet = 1; // ARPHRD_ETHER (linux/if_arp.h)
    private const ushort Loopback = 772; // ARPHRD_LOOPBACK

    private const int NetworkDown = 100; // ENETDOWN (asm-generic/errno.h)

    private readonly SocketHandle _socket;
    private long _dropped;

    private PacketCapture(SocketHandle socket) => _socket = socket;

    /// <summary>Packets that the kernel dropped because the queue was full.</summary>
    public long Dropped
    {
        get
        {
            // struct tpacket_stats: packets, drops; both start at 0 again when read.
            var statistics = stackalloc uint[2];
            var length = (uint)(2 * sizeof(uint));
            if (Libc.getsockopt(_socket, Libc.SOL_PACKET, Libc.PACKET_STATISTICS, statistics, &length) == 0)
            {
                _dropped += statistics[1];
            }

            return _dropped;
        }
    }

    /// <summary>Begins to receive.</summary>
    /// <exception cref="PortolanException">Exit code 4: CAP_NET_RAW is missing.</exception>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static PacketCapture Open()
    {
        var socket = PacketSocket.Open(withLinkHeader: true);
        try
        {
            PacketSocket.SetBuffer(socket, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, QueueBytes);
            PacketSocket.Set(socket, Libc.SOL_SOCKET, TimestampOption, 1, "have packets stamped");
            PacketSocket.Bind(socket, 0, Libc.ETH_P_ALL);
            return new PacketCapture(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until a packet is there.</summary>
    /// <returns>Whether one came in time.</returns>
    public bool Wait(TimeSpan timeout)
    {
        var wait = new Libc.poll_fd { fd = (int)_socket.DangerousGetHandle(), events = Libc.POLLIN };
        return Libc.poll_one(&wait, 1, (int)Math.Ceiling(timeout.TotalMilliseconds)) > 0;
    }

    /// <summary>Takes the next packet, if there is one. Never waits.</summary>
    /// <param name="buffer">Room for <see cref="LargestPacket"/> bytes.</param>
    /// <param name="packet">What is known of it; its length is 0 where it is to be passed over.</param>
    /// <returns>Whether there was one.</returns>
    /// <exception cref="LinuxException">The kernel no longer answers.</exception>
    public bool TryTake(Span<byte> buffer, out CapturedPacket packet)
    {
        packet = default;
        Libc.sockaddr_ll from = default;
        var control = stackalloc byte[64];
        fixed (byte* bytes = buffer)
        {
            var room = new Libc.IoVector { iov_base = bytes, iov_len = (nuint)buffer.Length };
            var message = new Libc.MessageHeader
            {
                msg_name = &from,
                msg_namelen = (uint)sizeof(Libc.sockaddr_ll),
                msg_iov = &room,
                msg_iovlen = 1,
                msg_control = control,
                msg_controllen = 64,
            };
            var length = (int)Libc.recvmsg_fd(
                (int)_socket.DangerousGetHandle(), &message, Libc.MSG_DONTWAIT | Libc.MSG_TRUNC);
            if (length < 0)
            {
                // An interface that went down is said once, as an error of the socket.
                var errno = Marshal.GetLastPInvokeError();
                return errno is Errno.Again or Errno.Interrupted or NetworkDown
                    ? false
                    : throw new LinuxException(errno, "receive a packet");
            }

            var isOutgoing = from.sll_pkttype == Outgoing;
            packet = new CapturedPacket(
                from.sll_ifindex,
                isOutgoing ? FrameDirection.Outbound : FrameDirection.Inbound,
                from.sll_hatype is Ethernet or Loopback ? LinkLayer.Ethernet : LinkLayer.Ip,
                isOutgoing && from.sll_hatype == Loopback ? 0 : Math.Min(length, buffer.Length),
                length,
                Time(control, (int)message.msg_controllen));
            return true;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _socket.Dispose();

    /// <summary>The time in the control messages (cmsg(3)), in nanoseconds since 1970; 0 where there is none.</summary>
    private static ulong Time(byte* control, int length)
    {
        // struct cmsghdr: length, level, type; then struct timespec.
        const int HeaderSize = 16;
        if (length < HeaderSize + 16)
        {
            return 0;
        }

        var level = *(int*)(control + 8);
        var type = *(int*)(control + 12);
        return level == Libc.SOL_SOCKET && type == TimestampOption
            ? (ulong)((*(long*)(control + HeaderSize) * 1_000_000_000L) + *(long*)(control + HeaderSize + 8))
            : 0;
    }
}

/// <summary>What is known of a packet.</summary>
/// <param name="InterfaceIndex">The interface.</param>
/// <param name="Direction">Which way it went.</param>
/// <param name="Layer">What it starts with.</param>
/// <param name="Length">How many bytes of it were taken; 0 for one that is to be passed over.</param>
/// <param name="OriginalLength">How many it has.</param>
/// <param name="Nanoseconds">When it was seen, since 1970.</param>
public readonly record struct CapturedPacket(
    int InterfaceIndex, FrameDirection Direction, LinkLayer Layer, int Length, int OriginalLength, ulong Nanoseconds);
