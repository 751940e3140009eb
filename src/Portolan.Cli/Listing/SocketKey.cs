using Portolan.Model;
using Portolan.Sockets;

namespace Portolan.Cli.Listing;

/// <summary>
/// What makes a socket the same socket in a later listing: the kernel's cookie, or where there is none all that does not change.
/// </summary>
internal readonly record struct SocketKey(
    ulong Namespace,
    SocketProtocol Protocol,
    ulong Cookie,
    uint Inode,
    InternetAddress LocalAddress,
    ushort LocalPort,
    InternetAddress RemoteAddress,
    ushort RemotePort)
{
    /// <summary>The key of an entry.</summary>
    public static SocketKey Of(SocketSnapshot snapshot, in SocketEntry entry)
    {
        var space = (uint)entry.NamespaceIndex < (uint)snapshot.Namespaces.Count ? snapshot.Namespaces[entry.NamespaceIndex].Inode : 0;
        return entry.Cookie != 0
            ? new SocketKey(space, entry.Protocol, entry.Cookie, 0, default, 0, default, 0)
            : new SocketKey(
                space, entry.Protocol, 0, entry.Inode, entry.LocalAddress, entry.LocalPort, entry.RemoteAddress, entry.RemotePort);
    }
}
