using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>What moves data between sockets: listen(2), accept4(2), splice(2), shutdown(2), and datagrams by the batch.</summary>
internal static unsafe partial class Libc
{
    internal const int SO_KEEPALIVE = 9;
    internal const int SO_OOBINLINE = 10;
    internal const int SO_LINGER = 13;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_NODELAY = 1;
    internal const int TCP_KEEPIDLE = 4;
    internal const int TCP_KEEPINTVL = 5;
    internal const int TCP_KEEPCNT = 6;
    internal const int SHUT_RD = 0;
    internal const int SHUT_WR = 1;
    internal const int MSG_PEEK = 2;
    internal const int EPOLL_CTL_DEL = 2;
    internal const int EPOLL_CTL_MOD = 3;
    internal const uint EPOLLPRI = 2;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLEXCLUSIVE = 1u << 28;
    internal const uint SPLICE_F_MOVE = 1;
    internal const uint SPLICE_F_NONBLOCK = 2;
    internal const int F_SETPIPE_SZ = 1031;
    internal const int SOL_UDP = 17;
    internal const int UDP_SEGMENT = 103;
    internal const int UDP_GRO = 104;
    internal const int SO_MEMINFO = 55;
    internal const int IP_PKTINFO = 8;
    internal const int IPV6_RECVPKTINFO = 49;
    internal const int IPV6_PKTINFO = 50;
    internal const nint SIG_IGN = 1;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int listen(int sockfd, int backlog);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int accept4(int sockfd, byte* addr, uint* addrlen, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int shutdown(int sockfd, int how);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint splice(int fdIn, long* offIn, int fdOut, long* offOut, nuint len, uint flags);

    [LibraryImport("libc", EntryPoint = "eventfd", SetLastError = true)]
    internal static partial int eventfd_fd(uint initval, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int recvmmsg(int sockfd, MessageHeader* msgvec, uint vlen, int flags, nint* timeout);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int unlink(byte* pathname);


    /// <summary><c>struct linger</c> (sys/socket.h).</summary>
    internal struct Linger
    {
        internal int l_onoff;
        internal int l_linger;
    }
}
