using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Packet sockets (packet(7), linux/if_packet.h) and raw IP sockets (raw(7)).</summary>
internal static unsafe partial class Libc
{
    internal const int AF_PACKET = 17;
    internal const int SOCK_DGRAM = 2;
    internal const int IPPROTO_RAW = 255;
    internal const int SOL_PACKET = 263;
    internal const int PACKET_RX_RING = 5;
    internal const int PACKET_STATISTICS = 6;
    internal const int PACKET_COPY_THRESH = 7;
    internal const int PACKET_VERSION = 10;
    internal const int PACKET_VNET_HDR = 15;
    internal const int PACKET_QDISC_BYPASS = 20;
    internal const int PACKET_IGNORE_OUTGOING = 23;
    internal const int SO_ERROR = 4;
    internal const int SO_SNDBUF = 7;
    internal const int SO_RCVBUF = 8;
    internal const int SO_SNDTIMEO = 21;
    internal const int SO_ATTACH_FILTER = 26;
    internal const int SO_ATTACH_BPF = 50;

    /// <summary>Since Linux 5.14.</summary>
    internal const int SO_NETNS_COOKIE = 71;
    internal const int SO_SNDBUFFORCE = 32;
    internal const int SO_RCVBUFFORCE = 33;
    internal const int TPACKET_V2 = 1;
    internal const uint TP_STATUS_KERNEL = 0;
    internal const uint TP_STATUS_USER = 1;
    internal const uint TP_STATUS_COPY = 2;
    internal const uint TP_STATUS_CSUMNOTREADY = 8;
    internal const uint TP_STATUS_CSUM_VALID = 128;
    internal const int MSG_DONTWAIT = 0x40;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;
    internal const ushort ETH_P_IP = 0x0800;
    internal const ushort ETH_P_IPV6 = 0x86dd;
    internal const ushort ETH_P_ALL = 3;

    /// <summary>ioctl(2) request: the flags of an interface (netdevice(7)).</summary>
    internal const nuint SIOCGIFFLAGS = 0x8913;

    /// <summary>ioctl(2) request: a question to the driver (linux/sockios.h).</summary>
    internal const nuint SIOCETHTOOL = 0x8946;

    [LibraryImport("libc", EntryPoint = "ioctl", SetLastError = true)]
    internal static partial int ioctl_bytes(SocketHandle fd, nuint request, byte* argument);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockopt(SocketHandle sockfd, int level, int optname, void* optval, uint* optlen);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int setsockopt_bytes(SocketHandle sockfd, int level, int optname, void* optval, uint optlen);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int sendmmsg(int sockfd, MessageHeader* msgvec, uint vlen, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial SocketHandle eventfd(uint initval, int flags);

    /// <summary><paramref name="timeout"/> is a struct timespec: seconds, then nanoseconds, each as wide as a pointer.</summary>
    [LibraryImport("libc", SetLastError = true)]
    internal static partial int ppoll(PollFd* fds, nuint nfds, nint* timeout, void* sigmask);

    /// <summary>linux/if_packet.h; the protocol is in network order.</summary>
    internal struct sockaddr_ll
    {
        internal ushort sll_family;
        internal ushort sll_protocol;
        internal int sll_ifindex;
        internal ushort sll_hatype;
        internal byte sll_pkttype;
        internal byte sll_halen;
        internal ulong sll_addr;
    }

    /// <summary><c>struct tpacket_req</c>: the shape of a ring.</summary>
    internal struct tpacket_req
    {
        internal uint tp_block_size;
        internal uint tp_block_nr;
        internal uint tp_frame_size;
        internal uint tp_frame_nr;
    }

    /// <summary><c>struct tpacket2_hdr</c>: what stands before each frame of a ring.</summary>
    internal struct tpacket2_hdr
    {
        internal uint tp_status;
        internal uint tp_len;
        internal uint tp_snaplen;
        internal ushort tp_mac;
        internal ushort tp_net;
        internal uint tp_sec;
        internal uint tp_nsec;
        internal ushort tp_vlan_tci;
        internal ushort tp_vlan_tpid;
        internal uint tp_padding;
    }

    /// <summary><c>struct iovec</c> (sys/uio.h).</summary>
    internal struct IoVector
    {
        internal void* iov_base;
        internal nuint iov_len;
    }

    /// <summary><c>struct msghdr</c> with the count of <c>struct mmsghdr</c> behind it (sys/socket.h).</summary>
    internal struct MessageHeader
    {
        internal void* msg_name;
        internal uint msg_namelen;
        internal IoVector* msg_iov;
        internal nuint msg_iovlen;
        internal void* msg_control;
        internal nuint msg_controllen;
        internal int msg_flags;
        internal int msg_pad;
        internal uint msg_len;
    }

    /// <summary>linux/filter.h.</summary>
    internal struct sock_fprog
    {
        internal ushort len;
        internal void* filter;
    }
}
