using System.Globalization;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Owners;

/// <summary>The inode of a socket of this process.</summary>
internal static class SocketInode
{
    /// <summary>Reads it from the descriptor's link.</summary>
    internal static uint Of(Socket socket)
    {
        var link = new FileInfo($"/proc/self/fd/{socket.Handle}").LinkTarget!;
        return uint.Parse(link.AsSpan(8, link.Length - 9), CultureInfo.InvariantCulture);
    }
}
