using System.Globalization;
using System.Net.Sockets;
using Portolan.Linux.Namespaces;
using Portolan.Model;
using Portolan.Scan.Checking;

namespace Portolan.Cli.Identifying;

/// <summary>
/// Sockets that reach this host and no other: each is bound to the loopback interface. Rules may translate a destination (a nat chain at
/// output), also one
/// of loopback; what they would send to another host then finds no route.
/// </summary>
internal static class LoopbackSockets
{
    // asm-generic/socket.h; an ordinary user may set it since Linux 5.7.
    private const int SocketLevel = 1;
    private const int BindToDevice = 25;

    /// <summary>Sockets within a network namespace of this host.</summary>
    public static ICheckSockets In(NetworkNamespace space, TimeProvider clock)
    {
        Func<AddressFamily, SocketType, ProtocolType, Socket> open = space.IsOwn
            ? Open
            : (family, type, protocol) =>
                OpenIn(PathOf(space) ?? throw new SocketException((int)SocketError.NetworkUnreachable), family, type, protocol);
        return new SystemSockets(witness: null, static _ => 0, clock, open);
    }

    /// <summary>Why sockets cannot be made in a namespace; <c>null</c> where they can.</summary>
    public static string? WhyNot(NetworkNamespace space)
    {
        if (space.IsOwn)
        {
            return null;
        }

        if (PathOf(space) is not { } path)
        {
            return "it has no process and no name in the file system";
        }

        try
        {
            NetworkNamespaceThread.Run(path, static () => { });
            return null;
        }
        catch (NetworkNamespaceException exception)
        {
            return exception.IsPermission ? "entering it needs CAP_SYS_ADMIN: run with sudo" : exception.Message;
        }
    }

    private static string? PathOf(NetworkNamespace space) => space.Path
        ?? (space.Pid > 0 ? string.Create(CultureInfo.InvariantCulture, $"/proc/{space.Pid}/ns/net") : null);

    private static Socket OpenIn(string path, AddressFamily family, SocketType type, ProtocolType protocol)
    {
        Socket? socket = null;
        try
        {
            NetworkNamespaceThread.Run(path, () => socket = Open(family, type, protocol));
            return socket!;
        }
        catch (NetworkNamespaceException)
        {
            // It has gone since it was looked at.
            throw new SocketException((int)SocketError.NetworkUnreachable);
        }
    }

    private static Socket Open(AddressFamily family, SocketType type, ProtocolType protocol)
    {
        var socket = new Socket(family, type, protocol);
        try
        {
            socket.SetRawSocketOption(SocketLevel, BindToDevice, "lo\0"u8);
            return socket;
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }
}
