using System.Runtime.InteropServices;
using Portolan.Linux.Interop;
using Portolan.Linux.Packet;
using Portolan.Linux.Privilege;

namespace Portolan.Linux.Netlink;

/// <summary>A netlink socket of the network namespace of the thread that opened it (netlink(7)).</summary>
/// <remarks>
/// The receive buffer is left as it is: a dump is written one datagram at a time as the reader takes them (netlink_dump in
/// net/netlink/af_netlink.c), so it cannot overrun. Only event sockets need a larger one.
/// The kernel looks for CAP_NET_ADMIN in whoever opened the socket and in whoever sends (netlink_net_capable), and again where it writes
/// the next part of a dump, which is when the reader takes one.
/// </remarks>
public sealed unsafe class NetlinkSocket : INetlinkChannel
{
    private readonly SocketHandle _handle;

    private NetlinkSocket(SocketHandle handle) => _handle = handle;

    /// <summary>The socket, for who waits on it in another way within this layer.</summary>
    internal SocketHandle Handle => _handle;

    /// <summary>Opens a socket of a family.</summary>
    /// <exception cref="LinuxException">The kernel refuses: no such family, or a seccomp filter.</exception>
    public static NetlinkSocket Open(NetlinkFamily family)
    {
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        var handle = Libc.socket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_CLOEXEC, (int)family);
        if (handle.IsInvalid)
        {
            var errno = Marshal.GetLastPInvokeError();
            handle.Dispose();
            throw new LinuxException(errno, "open a netlink socket");
        }

        return new NetlinkSocket(handle);
    }

    /// <summary>Opens a socket that hears the events of a group.</summary>
    /// <param name="family">Its family.</param>
    /// <param name="group">The group, such as 9 for traces (NFNLGRP_NFTRACE).</param>
    /// <param name="bufferBytes">Events that come faster than they are taken are kept up to so many bytes; what is beyond is lost and told
    /// with ENOBUFS.</param>
    /// <exception cref="LinuxException">The kernel refuses: no such group, or no privilege.</exception>
    public static NetlinkSocket Listen(NetlinkFamily family, int group, int bufferBytes) => Listen(family, [group], bufferBytes);

    /// <summary>Opens a socket that hears the events of several groups of a family.</summary>
    /// <inheritdoc cref="Listen(NetlinkFamily, int, int)"/>
    internal static NetlinkSocket Listen(NetlinkFamily family, ReadOnlySpan<int> groups, int bufferBytes)
    {
        var socket = Open(family);
        try
        {
            PacketSocket.SetBuffer(socket._handle, Libc.SO_RCVBUFFORCE, Libc.SO_RCVBUF, bufferBytes);

            using var raised = RaisedCapabilities.For(Capability.NetAdmin);

            // A socket without a port of its own hears no group; otherwise the first request gives it one.
            var own = new Libc.sockaddr_nl { nl_family = Libc.AF_NETLINK };
            if (Libc.bind(socket._handle, (byte*)&own, (uint)sizeof(Libc.sockaddr_nl)) != 0)
            {
                throw new LinuxException(Marshal.GetLastPInvokeError(), "bind a netlink socket");
            }

            foreach (var group in groups)
            {
                PacketSocket.Set(socket._handle, Libc.SOL_NETLINK, Libc.NETLINK_ADD_MEMBERSHIP, group, "join a netlink group");
            }

            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    /// <summary>Waits until a datagram is there to be received.</summary>
    /// <returns>Whether one came in time.</returns>
    public bool Wait(TimeSpan timeout)
    {
        var wait = new Libc.poll_fd { fd = (int)_handle.DangerousGetHandle(), events = Libc.POLLIN };
        return Libc.poll_one(&wait, 1, (int)Math.Ceiling(timeout.TotalMilliseconds)) > 0;
    }

    /// <inheritdoc/>
    public int Send(ReadOnlySpan<byte> request)
    {
        // An all-zero address is the kernel.
        var kernel = new Libc.sockaddr_nl { nl_family = Libc.AF_NETLINK };
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        fixed (byte* bytes = request)
        {
            while (true)
            {
                if (Libc.sendto(_handle, bytes, (nuint)request.Length, 0, &kernel, (uint)sizeof(Libc.sockaddr_nl)) >= 0)
                {
                    return 0;
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno == Errno.MessageTooLarge && TryEnlargeSendBuffer(request.Length))
                {
                    continue;
                }

                if (errno != Errno.Interrupted)
                {
                    return errno;
                }
            }
        }
    }

    /// <summary>
    /// Has the kernel say more about an error than a number (NETLINK_EXT_ACK: text and the place), and leave out the request itself
    /// (NETLINK_CAP_ACK), which would fill the receive buffer. A kernel before 4.12 does without.
    /// </summary>
    public void ExplainErrors()
    {
        PacketSocket.TrySet(_handle, Libc.SOL_NETLINK, Libc.NETLINK_EXT_ACK, 1);
        PacketSocket.TrySet(_handle, Libc.SOL_NETLINK, Libc.NETLINK_CAP_ACK, 1);
    }

    /// <inheritdoc/>
    public NetlinkReceipt Receive(Span<byte> buffer)
    {
        using var raised = RaisedCapabilities.For(Capability.NetAdmin);
        Libc.sockaddr_nl sender = default;
        var senderLength = (uint)sizeof(Libc.sockaddr_nl);
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                // MSG_TRUNC makes the call return the datagram's real length.
                var length = Libc.recvfrom(_handle, bytes, (nuint)buffer.Length, Libc.MSG_TRUNC, &sender, &senderLength);
                if (length >= 0)
                {
                    return new NetlinkReceipt((int)length, sender.nl_pid, 0);
                }

                var errno = Marshal.GetLastPInvokeError();
                if (errno != Errno.Interrupted)
                {
                    return new NetlinkReceipt(0, 0, errno);
                }
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _handle.Dispose();

    /// <summary>
    /// One datagram must fit into the send buffer (netlink_sendmsg). Beyond wmem_max that takes CAP_NET_ADMIN of the first user namespace.
    /// </summary>
    private bool TryEnlargeSendBuffer(int length)
    {
        // The kernel doubles what is asked for and keeps 32 bytes for itself.
        const int Spare = 64;
        var before = SendBuffer();
        PacketSocket.SetBuffer(_handle, Libc.SO_SNDBUFFORCE, Libc.SO_SNDBUF, length / 2 + Spare);
        return SendBuffer() > before;
    }

    private int SendBuffer()
    {
        var size = 0;
        var length = (uint)sizeof(int);
        return Libc.getsockopt(_handle, Libc.SOL_SOCKET, Libc.SO_SNDBUF, &size, &length) == 0 ? size : 0;
    }
}

/// <summary>Netlink families (linux/netlink.h).</summary>
public enum NetlinkFamily
{
    /// <summary>Routes, addresses and interfaces (NETLINK_ROUTE).</summary>
    Route = 0,

    /// <summary>Sockets (NETLINK_SOCK_DIAG).</summary>
    SocketDiagnostics = 4,

    /// <summary>IPsec: policies and associations (NETLINK_XFRM).</summary>
    Ipsec = 6,

    /// <summary>Netfilter: nf_tables, ipset, connection tracking (NETLINK_NETFILTER).</summary>
    Netfilter = 12,
}
