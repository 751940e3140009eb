using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>bind(2) and the options that change what it may do.</summary>
internal static unsafe partial class Libc
{
    internal const int AF_INET = 2;
    internal const int AF_INET6 = 10;
    internal const int SOL_SOCKET = 1;
    internal const int SO_REUSEADDR = 2;
    internal const int SO_REUSEPORT = 15;
    internal const int IPPROTO_IPV6 = 41;
    internal const int IPV6_V6ONLY = 26;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int bind(SocketHandle sockfd, byte* addr, uint addrlen);

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int setsockopt(SocketHandle sockfd, int level, int optname, int* optval, uint optlen);
}
