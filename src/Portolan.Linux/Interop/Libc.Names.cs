using System.Runtime.InteropServices;

namespace Portolan.Linux.Interop;

/// <summary>Names of addresses (netdb.h).</summary>
internal static unsafe partial class Libc
{
    /// <summary>An address without a name is an error rather than its numbers.</summary>
    internal const int NI_NAMEREQD = 8;

    /// <summary>Longest name with its NUL.</summary>
    internal const int NI_MAXHOST = 1025;

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    internal static partial uint if_nametoindex(string name);

    [LibraryImport("libc")]
    internal static partial int getnameinfo(
        byte* address, uint addressLength, byte* host, uint hostLength, byte* service, uint serviceLength, int flags);
}
