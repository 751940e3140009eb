using Portolan.Model;
using Portolan.Transport.Tcp;

namespace Portolan.Transport.Testing.Apps;

/// <summary>A connection between two hosts, each end with a script.</summary>
public sealed class TcpTransfer
{
    private readonly SimHost _clientHost;
    private readonly SimHost _serverHost;
    private readonly InternetAddress _target;
    private readonly PortNumber _port;
    private readonly TcpListener _listener;

    /// <summary>Lets the server listen.</summary>
    /// <param name="client">The host that connects.</param>
    /// <param name="server">The host that listens.</param>
    /// <param name="target">The address of the server.</param>
    /// <param name="port">Its port, used by no other transfer.</param>
    /// <param name="clientScript">What the client does.</param>
    /// <param name="serverScript">What the server does.</param>
    public TcpTransfer(SimHost client, SimHost server, string target, int port, TcpScript clientScript, TcpScript serverScript)
    {
        (_clientHost, _serverHost, _target, _port) = (client, server, SimWorld.Address(target), new PortNumber((ushort)port));
        var (forth, back) = (client.World.Random.Next(), client.World.Random.Next());
        Client = new TcpEnd(client, clientScript, forth, back);
        Server = new TcpEnd(server, serverScript, back, forth);
        (Client.Peer, Server.Peer) = (Server, Client);
        TcpListener? listener = null;
        server.Do(() => server.Tcp.TryListen(new TcpListenRequest(InternetAddress.AnyIPv6, _port, IsDualStack: true), out listener, out _));
        _listener = listener ?? throw new InvalidOperationException($"port {port} of {server.Name} is taken");
        _listener.Ready = OnReady;
    }

    /// <summary>The end that connects.</summary>
    public TcpEnd Client { get; }

    /// <summary>The end that listens.</summary>
    public TcpEnd Server { get; }

    /// <summary>Whether both ends are over. A server to which nobody came has nothing to end.</summary>
    public bool IsOver => Client.IsFinished && (Server.IsFinished || !Server.IsStarted);

    /// <summary>Connects.</summary>
    public void Start() => _clientHost.Do(() =>
    {
        var result = _clientHost.Tcp.Connect(new TcpConnectRequest(_target, _port), _clientHost.Now);
        if (result.Connection is { } connection)
        {
            Client.Start(connection);
        }
        else
        {
            Client.GiveUp(result.Error);
        }
    });

    /// <summary>Listens no more.</summary>
    public void StopListening() => _serverHost.Do(() => _listener.Close(_serverHost.Now));

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
