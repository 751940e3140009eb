using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Transport.Sockets;

/// <summary>The framework's sockets in namespaces of their own: on the loopback of one host, or on two with a cable between them.</summary>
internal sealed class KernelSockets : ISocketWorld
{
    // linux/tcp.h.
    private const int LevelTcp = 6;
    private const int SynCount = 7;
    private const int UserTimeout = 18;

    private readonly LabHost _client;
    private readonly LabHost _server;

    private KernelSockets(LabHost client, LabHost server, IPAddress address) => (_client, _server, Server) = (client, server, address);

    public IPAddress Server { get; }

    /// <summary>One host: its 127.0.0.1.</summary>
    internal static KernelSockets OnLoopback()
    {
        var host = TunLab.NewHost();
        return new KernelSockets(host, host, IPAddress.Loopback);
    }

    /// <summary>
    /// Two hosts in namespaces. 198.18.0.66 is somebody who never says anything, 198.18.0.77 nobody, and 203.0.113.0/24 has no route.
    /// </summary>
    internal static KernelSockets OnCable()
    {
        var (client, server) = (TunLab.NewHost(), TunLab.NewHost());
        LabHost.Connect(client, "v0", server, "v0");
        client.Address("v0", "198.18.0.2/24");
        server.Address("v0", "198.18.0.1/24");
        server.Nft("table inet answers { chain in { type filter hook input priority 0; " +
            "tcp dport 21 reject with icmp net-unreachable; tcp dport 22 reject with icmp host-unreachable; tcp dport 23 reject with icmp "
                + "prot-unreachable; " +
            "tcp dport 24 reject with icmp port-unreachable; tcp dport 25 reject with icmp admin-prohibited; }; }");
        client.Ip("neighbour add 198.18.0.66 lladdr 02:00:00:00:00:66 dev v0");
        return new KernelSockets(client, server, IPAddress.Parse("198.18.0.1"));
    }

    public ISocketListener Listen(IPEndPoint at, int backlog, bool isDualStack)
    {
        var socket = New(_server, at.AddressFamily, SocketType.Stream);
        try
        {
            if (at.AddressFamily == AddressFamily.InterNetworkV6)
            {
                socket.DualMode = isDualStack;
            }

            socket.Bind(at);
            socket.Listen(backlog);
            return new Listener(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public async Task<Stream> ConnectAsync(IPEndPoint to, IPEndPoint? from, CancellationToken cancellationToken)
    {
        var socket = New(_client, to.AddressFamily, SocketType.Stream);
        try
        {
            // Three SYNs: it takes longer than finding out that nobody has an address.
            SetNumber(socket, SynCount, 2);
            if (from is not null)
            {
                socket.Bind(from);
            }

            await socket.ConnectAsync(to, cancellationToken);
            return new NetworkStream(socket, ownsSocket: true);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public ISocketDatagrams Bind(IPEndPoint at)
    {
        var socket = New(_client, at.AddressFamily, SocketType.Dgram);
        try
        {
            socket.Bind(at);
            return new Datagrams(socket);
        }
        catch
        {
            socket.Dispose();
            throw;
        }
    }

    public void ShutdownWrite(Stream stream) => ((NetworkStream)stream).Socket.Shutdown(SocketShutdown.Send);

    public void Close(Stream stream) => ((NetworkStream)stream).Socket.Dispose();

    public void Abort(Stream stream) => ((NetworkStream)stream).Socket.Close(0);

    public void SetUserTimeout(Stream stream, TimeSpan timeout) =>
        SetNumber(((NetworkStream)stream).Socket, UserTimeout, (int)timeout.TotalMilliseconds);

    public void CutOff() => _server.Nft("table inet cut { chain in { type filter hook input priority 0; drop; }; }");

    public ValueTask DisposeAsync()
    {
        _client.Dispose();
        if (_server != _client)
        {
            _server.Dispose();
        }

        return default;
    }

    private static Socket New(LabHost host, AddressFamily family, SocketType type) =>
        host.Run(() => new Socket(family, type, type == SocketType.Stream ? ProtocolType.Tcp : ProtocolType.Udp));

    private static void SetNumber(Socket socket, int option, int value) =>
        socket.SetRawSocketOption(LevelTcp, option, MemoryMarshal.AsBytes(new ReadOnlySpan<int>(in value)));

    private sealed class Listener(Socket socket) : ISocketListener
    {
        public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

        public async Task<Stream> AcceptAsync(CancellationToken cancellationToken) =>
            new NetworkStream(await socket.AcceptAsync(cancellationToken), ownsSocket: true);

        public void Dispose() => socket.Dispose();
    }

    private sealed class Datagrams(Socket socket) : ISocketDatagrams
    {
        public int Port => ((IPEndPoint)socket.LocalEndPoint!).Port;

        public async Task ConnectAsync(IPEndPoint to) => await socket.ConnectAsync(to);

        public async Task SendAsync(byte[] data, IPEndPoint? to, CancellationToken cancellationToken) =>
            await (to is null ? socket.SendAsync(data, cancellationToken) : socket.SendToAsync(data, to, cancellationToken));

        public async Task<int> ReceiveAsync(byte[] buffer, CancellationToken cancellationToken) =>
            await socket.ReceiveAsync(buffer, cancellationToken);

        public void Dispose() => socket.Dispose();
    }
}
