namespace Portolan.Sockets.Naming;

/// <summary>IANA's name for what a socket is about.</summary>
public static class SocketService
{
    /// <summary>The name, or <c>null</c>.</summary>
    /// <param name="entry">The socket.</param>
    /// <param name="name">IANA's name of a port, or <c>null</c>.</param>
    public static string? Of(in SocketEntry entry, Func<TransportProtocol, PortNumber, string?> name)
    {
        ArgumentNullException.ThrowIfNull(name);
        if (entry.Protocol.Transport() is not { } protocol)
        {
            return null;
        }

        var local = entry.LocalPort == 0 ? null : name(protocol, entry.LocalPortNumber);
        var remote = entry.HasRemote && entry.RemotePort != 0 ? name(protocol, entry.RemotePortNumber) : null;
        return IsOfRemote(entry, local is not null, remote is not null) ? remote : local;
    }

    /// <summary>
    /// Whether a socket's service is that of its remote port. Of the two ports of a connection it is the lower one that has a name: the
    /// other is the client's, chosen by its system, and its name would mean nothing.
    /// </summary>
    /// <param name="entry">The socket.</param>
    /// <param name="isLocalNamed">Whether the local port has a name.</param>
    /// <param name="isRemoteNamed">Whether the remote port has one.</param>
    public static bool IsOfRemote(in SocketEntry entry, bool isLocalNamed, bool isRemoteNamed) =>
        entry.HasRemote && (!isLocalNamed || (isRemoteNamed && entry.RemotePort < entry.LocalPort));
}
