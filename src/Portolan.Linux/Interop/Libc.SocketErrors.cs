using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>What a socket tells of itself: its own address (getsockname(2)) and the errors it received (ip(7), IP_RECVERR).</summary>
internal static unsafe partial class Libc
{
    internal const int MSG_ERRQUEUE = 0x2000;
    internal const int SOL_IP = 0;
    internal const int IP_RECVERR = 11;
    internal const int IPV6_RECVERR = 25;
    internal const int TCP_INFO = 11;

    [LibraryImport("libc", SetLastError = true)]
    internal static partial int getsockname(SafeHandle sockfd, byte* addr, uint* addrlen);
}
