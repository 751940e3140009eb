using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Netlink;
using Portolan.Linux.Packet;

namespace Portolan.Linux.Scratch;

/// <summary>A socket of the program inside, by number.</summary>
internal sealed unsafe class ScratchEndpoint(SocketHandle socket) : IDisposable
{
    private const int EventBuffer = 4 * 1024 * 1024;

    /// <summary>A netlink socket, which also hears a group where one is given.</summary>
    internal static ScratchEndpoint Netlink(NetlinkFamily family, int group)
    {
        var socket = group > 0 ? NetlinkSocket.Listen(family, group, EventBuffer) : NetlinkSocket.Open(family);
        socket.ExplainErrors();
        return new ScratchEndpoint(socket.Handle);
    }

    /// <summary>All frames that an interface receives; what is sent goes out of it.</summary>
    internal static ScratchEndpoint Frames(int interfaceIndex)
    {
        var socket = PacketSocket.Open(withLinkHeader: true);
        PacketSocket.TrySet(socket, Libc.SOL_PACKET, Libc.PACKET_IGNORE_OUTGOING, 1);
        PacketSocket.TrySet(socket, Libc.SOL_PACKET, Libc.PACKET_QDISC_BYPASS, 1);
        try
        {
            PacketSocket.Bind(socket, interfaceIndex, Libc.ETH_P_ALL);
            return new ScratchEndpoint(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>A copy of each packet of a protocol that is delivered (raw_local_deliver, net/ipv4/raw.c).</summary>
    internal static ScratchEndpoint Delivered(bool isIPv4, int protocol) =>
        new(RawAccess.Open(isIPv4 ? Libc.AF_INET : Libc.AF_INET6, Libc.SOCK_RAW, protocol));

    /// <summary>Sends to the kernel, or out of the interface.</summary>
    internal int Send(ReadOnlySpan<byte> bytes)
    {
        var isEnlarged = false;
        fixed (byte* start = bytes)
        {
            while (Libc.sendto(socket, start, (nuint)bytes.Length, 0, null, 0) < 0)
            {
                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.MessageTooLarge && !isEnlarged)
                {
                    // The kernel doubles what is asked for and keeps 32 bytes for itself.
                    PacketSocket.SetBuffer(socket, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, bytes.Length / 2 + 64);
                    isEnlarged = true;
                }
                else if (errno != Errno.Interrupted)
                {
                    return errno;
                }
            }
        }

        return 0;
    }

    /// <summary>Waits for one datagram, for ever where <paramref name="milliseconds"/> is negative.</summary>
    internal NetlinkReceipt Receive(Span<byte> buffer, int milliseconds)
    {
        var wait = new Libc.poll_fd { fd = (int)socket.DangerousGetHandle(), events = Libc.POLLIN };
        Libc.sockaddr_nl sender = default;
        var senderLength = (uint)sizeof(Libc.sockaddr_nl);
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var ready = Libc.poll_one(&wait, 1, milliseconds);
                var length = ready > 0 ? Libc.recvfrom(socket, bytes, (nuint)buffer.Length, Libc.MSG_TRUNC, &sender, &senderLength) : -1;
                if (length >= 0)
                {
                    return new NetlinkReceipt((int)length, sender.nl_family == Libc.AF_NETLINK ? sender.nl_pid : 0, 0);
                }

                var errno = ready == 0 ? Errno.Again : Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                {
                    return new NetlinkReceipt(0, 0, errno);
                }
            }
        }
    }

    public void Dispose() => socket.Dispose();
}
