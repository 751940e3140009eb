using System.Net;
using System.Net.Sockets;

namespace Portolan.Kernel.Tests.Sockets;

/// <summary>
/// TCP sockets in every state, made on loopback with nothing but the socket interface. Use inside a namespace of the test's own.
/// </summary>
internal sealed class TcpZoo : IDisposable
{
    private const int TcpDeferAccept = 9;
    private readonly List<Socket> _sockets = [];

    /// <summary>Keeps a socket open until the end of the test.</summary>
    internal Socket Keep(Socket socket)
    {
        _sockets.Add(socket);
        return socket;
    }

    /// <summary>A bound socket.</summary>
    internal Socket Bound(IPEndPoint address, Action<Socket>? prepare = null)
    {
        var socket = Keep(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        prepare?.Invoke(socket);
        socket.Bind(address);
        return socket;
    }

    /// <summary>A listener.</summary>
    internal Socket Listener(IPEndPoint address, int backlog = 16, Action<Socket>? prepare = null)
    {
        var socket = Bound(address, prepare);
        socket.Listen(backlog);
        return socket;
    }

    /// <summary>A connection: client, then server.</summary>
    internal (Socket Client, Socket Server) Connected(Socket listener)
    {
        var address = (IPEndPoint)listener.LocalEndPoint!;
        var client = Keep(new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        client.Connect(address);
        return (client, Keep(listener.Accept()));
    }

    /// <summary>All eleven states but CLOSED, in the given family. Small buffers, so that a stalled sender soon stands still.</summary>
    internal void EveryState(IPAddress loopback)
    {
        var listener =
            Listener(new IPEndPoint(loopback, 0), backlog: 64, prepare: socket => socket.ReceiveBufferSize = socket.SendBufferSize = 4096);
        Connected(listener);
        FinWait2AndCloseWait(listener);
        TimeWait(listener);
        FinWait1(listener);
        LastAck(listener);
        Closing(listener);
        SynReceived(loopback);
        SynSent(loopback);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }

    private void FinWait2AndCloseWait(Socket listener) => Connected(listener).Client.Shutdown(SocketShutdown.Send);

    private void TimeWait(Socket listener)
    {
        var (client, server) = Connected(listener);
        client.Shutdown(SocketShutdown.Send);
        server.Shutdown(SocketShutdown.Send);
    }

    /// <summary>A FIN cannot leave while data before it waits for the peer's window.</summary>
    private void FinWait1(Socket listener)
    {
        var (client, _) = Connected(listener);
        Fill(client);
        client.Shutdown(SocketShutdown.Send);
    }

    private void LastAck(Socket listener)
    {
        var (client, server) = Connected(listener);
        client.Shutdown(SocketShutdown.Send);
        Fill(server);
        server.Shutdown(SocketShutdown.Send);
    }

    private void Closing(Socket listener)
    {
        var (client, server) = Connected(listener);
        Fill(client);
        client.Shutdown(SocketShutdown.Send);
        server.Shutdown(SocketShutdown.Send);
    }

    /// <summary>With TCP_DEFER_ACCEPT the listener waits for data after the handshake, and the request stays in SYN-RECEIVED.</summary>
    private void SynReceived(IPAddress loopback)
    {
        var listener = Listener(new IPEndPoint(loopback, 0), prepare: socket => SetOption(socket, level: 6, TcpDeferAccept, 30));
        Keep(new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp)).Connect(listener.LocalEndPoint!);
    }

    /// <summary>A listener with a full accept queue drops further SYNs.</summary>
    private void SynSent(IPAddress loopback)
    {
        var listener = Listener(new IPEndPoint(loopback, 0), backlog: 0);
        Keep(new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp)).Connect(listener.LocalEndPoint!);
        var waiting = Keep(new Socket(loopback.AddressFamily, SocketType.Stream, ProtocolType.Tcp));
        waiting.Blocking = false;
        Assert.Equal(
            SocketError.WouldBlock, Assert.Throws<SocketException>(() => waiting.Connect(listener.LocalEndPoint!)).SocketErrorCode);
    }

    /// <summary>Sends until the peer's window is full.</summary>
    private static void Fill(Socket socket)
    {
        socket.Blocking = false;
        var data = new byte[64 * 1024];
        while (true)
        {
            socket.Send(data, SocketFlags.None, out var error);
            Assert.True(error is SocketError.Success or SocketError.WouldBlock, $"{error}");
            if (error == SocketError.WouldBlock && !socket.Poll(microSeconds: 200_000, SelectMode.SelectWrite))
            {
                return;
            }
        }
    }

    /// <summary>Sets an option that .NET has no name for.</summary>
    internal static void SetOption(Socket socket, int level, int option, int value) =>
        socket.SetRawSocketOption(level, option, BitConverter.GetBytes(value));
}
