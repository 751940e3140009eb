using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>
/// connect(2), epoll(7) and limits. Descriptors are plain numbers here: a scan opens and uses them by the hundred thousand.
/// </summary>
internal static unsafe partial class Libc
{
    internal const int AF_UNIX = 1;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SO_BINDTODEVICE = 25;
    internal const int IPPROTO_IP = 0;
    internal const int IP_TTL = 2;
    internal const int IP_BIND_ADDRESS_NO_PORT = 24;
    internal const int IPV6_UNICAST_HOPS = 16;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const uint EPOLLIN = 1;
    internal const uint EPOLLOUT = 4;
    internal const uint EPOLLERR = 8;
    internal const uint EPOLLET = 1u << 31;
    internal const int RLIMIT_NOFILE = 7;
    internal const int RLIMIT_CPU = 0;
    internal const int RLIMIT_DATA = 2;
    internal const int RLIMIT_CORE = 4;
    internal const int RLIMIT_AS = 9;

    [LibraryImport("libc", EntryPoint = "socket", SetLastError = true)]
    internal static partial int socket_fd(int domain, int type, int protocol);

    [LibraryImport("libc", EntryPoint = "getsockname", SetLastError = true)]
    internal static partial int getsockname_fd(int sockfd, byte* addr, uint* addrlen);

    [LibraryImport("libc", EntryPoint = "connect", SetLastError = true)]
    internal static partial int connect_fd(int sockfd, byte* addr, uint addrlen);

    [LibraryImport("libc", EntryPoint = "bind", SetLastError = true)]
    internal static partial int bind_fd(int sockfd, byte* addr, uint addrlen);

    [LibraryImport("libc", EntryPoint = "setsockopt", SetLastError = true)]
    internal static partial int setsockopt_fd(int sockfd, int level, int optname, void* optval, uint optlen);

    [LibraryImport("libc", EntryPoint = "getsockopt", SetLastError = true)]
    internal static partial int getsockopt_fd(int sockfd, int level, int optname, void* optval, uint* optlen);

    [LibraryImport("libc", EntryPoint = "send", SetLastError = true)]
    internal static partial nint send_fd(int sockfd, byte* buf, nuint len, int flags);

    [LibraryImport("libc", EntryPoint = "recv", SetLastError = true)]
    internal static partial nint recv_fd(int sockfd, byte* buf, nuint len, int flags);

    [LibraryImport("libc", EntryPoint = "recvmsg", SetLastError = true)]
    internal static partial nint recvmsg_fd(int sockfd, MessageHeader* msg, int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_ctl(int epfd, int op, int fd, byte* epollEvent);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int epoll_wait(int epfd, byte* events, int maxevents, int timeoutMilliseconds);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getrlimit(int resource, ResourceLimit* rlim);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setrlimit(int resource, ResourceLimit* rlim);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int prlimit(int pid, int resource, ResourceLimit* newLimit, ResourceLimit* oldLimit);

    /// <summary>Ends the process as it is: nothing more of it runs.</summary>
    [LibraryImport("libc")]
    internal static partial void _exit(int status);

    /// <summary><c>struct rlimit</c> (sys/resource.h).</summary>
    internal struct ResourceLimit
    {
        internal nuint rlim_cur;
        internal nuint rlim_max;
    }
}
