using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>socket(2), what is done with its descriptor and told by it (ip(7), IP_RECVERR), and names of addresses (netdb.h).</summary>
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
    internal const int MSG_ERRQUEUE = 0x2000;
    internal const int SOL_IP = 0;
    internal const int IP_RECVERR = 11;
    internal const int IPV6_RECVERR = 25;
    internal const int TCP_INFO = 11;

    /// <summary>An address without a name is an error rather than its numbers.</summary>
    internal const int NI_NAMEREQD = 8;

    /// <summary>Longest name with its NUL.</summary>
    internal const int NI_MAXHOST = 1025;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial SocketHandle socket(int domain, int type, int protocol);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int fchown(SocketHandle fd, uint owner, uint group);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint sendto(SocketHandle sockfd, byte* buf, nuint len, int flags, sockaddr_nl* dest_addr, uint addrlen);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial nint recvfrom(SocketHandle sockfd, byte* buf, nuint len, int flags, sockaddr_nl* src_addr, uint* addrlen);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockname(SafeHandle sockfd, byte* addr, uint* addrlen);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint if_nametoindex(string name);

    [LibraryImport("libc")]
    internal static partial int getnameinfo(
        byte* address, uint addressLength, byte* host, uint hostLength, byte* service, uint serviceLength, int flags);

    /// <summary>linux/netlink.h.</summary>
    internal struct sockaddr_nl
    {
        internal ushort nl_family;
        internal ushort nl_pad;
        internal uint nl_pid;
        internal uint nl_groups;
    }
}
