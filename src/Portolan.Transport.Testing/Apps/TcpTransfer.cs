using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing.Apps;

/// <summary>A connection between two hosts, each end with a script.</summary>
public sealed class TcpTransfer
{
    private readonly SimHost _clientHost;
    private readonly SimHost _serverHost;
    private readonly InternetAddress _target;
    private readonly InternetAddress _source;
    private readonly PortNumber _port;
    private readonly TcpListener? _listener;

    /// <summary>Lets the server listen.</summary>
    /// <param name="client">The host that connects.</param>
    /// <param name="server">The host that listens.</param>
    /// <param name="target">The address of the server.</param>
    /// <param name="port">Its port, used by no other transfer.</param>
    /// <param name="clientScript">What the client does.</param>
    /// <param name="serverScript">What the server does.</param>
    public TcpTransfer(SimHost client, SimHost server, string target, int port, TcpScript clientScript, TcpScript serverScript)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(target);
        ArgumentNullException.ThrowIfNull(clientScript);
        ArgumentNullException.ThrowIfNull(serverScript);
        Allowed.Between(1, ushort.MaxValue, port, nameof(port));
        (_clientHost, _serverHost, _target, _port) = (client, server, SimWorld.Address(target), new PortNumber((ushort)port));
        var (forth, back) = (client.World.Random.Next(), client.World.Random.Next());
        Client = new TcpEnd(client, clientScript, forth, back);
        Server = new TcpEnd(server, serverScript, back, forth);
        (Client.Peer, Server.Peer) = (Server, Client);
        TcpListener? listener = null;
        server.Do(
            () => server.Tcp.TryListen(
                new TcpListenRequest(InternetAddress.AnyIPv6, _port, IsDualStack: true) { FastOpenQueue = 16 }, out listener, out _));
        _listener = listener ?? throw new InvalidOperationException($"port {port} of {server.Name} is taken");
        _listener.Ready = OnReady;
    }

    /// <summary>Lets both hosts connect to each other at once (RFC 9293 section 3.5, figure 8).</summary>
    internal TcpTransfer(
        SimHost left, SimHost right, string leftAddress, string rightAddress, int port, TcpScript leftScript, TcpScript rightScript)
    {
        (_clientHost, _serverHost, _target, _source, _port) = (left, right, SimWorld.Address(rightAddress), SimWorld.Address(leftAddress),
            new PortNumber((ushort)port));
        LocalPort = _port;
        var (forth, back) = (left.World.Random.Next(), left.World.Random.Next());
        Client = new TcpEnd(left, leftScript, forth, back);
        Server = new TcpEnd(right, rightScript, back, forth);
        (Client.Peer, Server.Peer) = (Server, Client);
    }

    /// <summary>The end that connects.</summary>
    public TcpEnd Client { get; }

    /// <summary>The end that listens.</summary>
    public TcpEnd Server { get; }

    /// <summary>Whether both ends are over. A server to which nobody came has nothing to end.</summary>
    public bool IsOver => Client.IsFinished && (Server.IsFinished || !Server.IsStarted);

    /// <summary>The port that the client connects from; 0 to have one chosen.</summary>
    internal PortNumber LocalPort { get; init; }

    /// <summary>With Fast Open: how many bytes the client gives to the SYN at most; -1 without.</summary>
    internal int FastOpenBytes { get; init; } = -1;

    /// <summary>Connects.</summary>
    public void Start()
    {
        Connect(_clientHost, Client, new TcpConnectRequest(_target, _port)
        {
            LocalPort = LocalPort,
            ReuseAddress = true,
            UsesFastOpen = FastOpenBytes >= 0,
            FirstBytes = Client.FirstBytes(Math.Max(0, FastOpenBytes)),
        });
        if (_listener is null)
        {
            Connect(_serverHost, Server, new TcpConnectRequest(_source, _port)
            {
                Local = _target,
                LocalPort = LocalPort,
                ReuseAddress = true,
            });
        }
    }

    /// <summary>Listens no more.</summary>
    public void StopListening() => _serverHost.Do(() => _listener?.Close(_serverHost.Now));

    private static void Connect(SimHost host, TcpEnd end, TcpConnectRequest request) => host.Do(() =>
    {
        var result = host.Tcp.Connect(request, host.Now);
        if (result.Connection is { } connection)
        {
            end.Start(connection, result.Taken);
        }
        else
        {
            end.GiveUp(result.Error);
        }
    });

    private void OnReady(TcpListener listener)
    {
        while (listener.TryAccept(out var connection))
        {
            if (Server.IsStarted)
            {
                // A second connection of the same client: its first SYN came again after the connection was over.
                connection.Abort(_serverHost.Now);
            }
            else
            {
                Server.Start(connection);
            }
        }
    }
}
