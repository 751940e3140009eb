using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>socket(2) and what is done with a socket descriptor.</summary>
internal static unsafe partial class Libc
{
    internal const int AF_NETLINK = 16;
    internal const int SOCK_RAW = 3;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int MSG_TRUNC = 0x20;
    internal const int SOL_NETLINK = 270;
    internal const int NETLINK_ADD_MEMBERSHIP = 1;
    internal const int NETLINK_CAP_ACK = 10;
    internal const int NETLINK_EXT_ACK = 11;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial SocketHandle socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(SocketHandle fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(SocketHandle sockfd, byte* buf, nuint len, int flags, sockaddr_nl* dest_addr, uint addrlen);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvfrom(SocketHandle sockfd, byte* buf, nuint len, int flags, sockaddr_nl* src_addr, uint* addrlen);

    /// <summary>linux/netlink.h.</summary>
    internal struct sockaddr_nl
    {
        internal ushort nl_family;
        internal ushort nl_pad;
        internal uint nl_pid;
        internal uint nl_groups;
    }
}
