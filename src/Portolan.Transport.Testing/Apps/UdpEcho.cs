using Portolan.Model;
using Portolan.Transport.Ports;
using Portolan.Transport.Udp;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Testing.Apps;

/// <summary>
/// A client that sends datagrams of any length to a server that sends them back. Both check every byte: what arrives was sent, whole, and
/// no more often than the faults repeat frames.
/// </summary>
public sealed class UdpEcho : IUdpOwner
{
    private const int HeaderLength = 8;

    /// <summary>The most that a datagram over IPv4 has room for.</summary>
    private const int MostLength = 65_507;

    private readonly SimHost _client;
    private readonly SimHost _server;
    private readonly UdpSocket _clientSocket;
    private readonly UdpSocket _serverSocket;
    private readonly InternetAddress _target;
    private readonly bool _mayRepeat;
    private readonly byte[] _room = new byte[65_536];
    private readonly List<Datagram> _sent = [];

    /// <summary>Opens both sockets.</summary>
    /// <param name="client">The host that asks.</param>
    /// <param name="server">The host that answers.</param>
    /// <param name="target">The address of the server that is asked.</param>
    /// <param name="port">Its port.</param>
    /// <param name="mayRepeat">Whether faults may make two datagrams of one.</param>
    public UdpEcho(SimHost client, SimHost server, string target, int port, bool mayRepeat)
    {
        ArgumentNullException.ThrowIfNull(client);
        ArgumentNullException.ThrowIfNull(server);
        ArgumentNullException.ThrowIfNull(target);
        Allowed.Between(1, ushort.MaxValue, port, nameof(port));
        (_client, _server, _target, _mayRepeat) = (client, server, SimWorld.Address(target), mayRepeat);
        _serverSocket = Bind(server, port);
        _clientSocket = Bind(client, 0);
    }

    /// <summary>Datagrams sent.</summary>
    public int Sent => _sent.Count;

    /// <summary>Datagrams that came back.</summary>
    public int Returned { get; private set; }

    /// <summary>ICMP errors heard.</summary>
    public int Errors { get; private set; }

    /// <summary>Sends a datagram.</summary>
    /// <param name="length">Its length, 8 to 65,507; less is made 8.</param>
    public void Send(int length) => _client.Do(() =>
    {
        length = Math.Max(Allowed.Between(0, MostLength, length, nameof(length)), HeaderLength);
        var payload = _room.AsSpan(0, length);
        Write(payload, _sent.Count);
        if (_clientSocket.Send(payload, _target, _serverSocket.Binding.Port) == UdpSendResult.Sent)
        {
            _sent.Add(new Datagram(length));
        }
    });

    /// <summary>Closes both sockets.</summary>
    public void Close()
    {
        _client.Do(_clientSocket.Close);
        _server.Do(_serverSocket.Close);
    }

    void IUdpOwner.OnReceived(UdpSocket socket)
    {
        var isServer = socket == _serverSocket;
        var host = isServer ? _server : _client;
        while (socket.TryReceive(_room, out var arrival))
        {
            var payload = _room.AsSpan(0, arrival.Length);
            if (arrival.Length < HeaderLength || !IsRight(payload, out var datagram))
            {
                host.World.Fail($"{host.Name} received a datagram that no host sent");
                return;
            }

            var count = isServer ? ++datagram.AtServer : ++datagram.AtClient;
            if (count > 1 && !_mayRepeat)
            {
                host.World.Fail($"{host.Name} received a datagram twice that no fault repeated");
            }

            host.World.AddToTrace(((ulong)arrival.Length << 8) | (isServer ? 1u : 0u));
            if (isServer)
            {
                socket.Send(payload, arrival.Source, arrival.SourcePort, arrival.Source.IsLinkLocal ? arrival.Interface : 0);
            }
            else
            {
                Returned++;
            }
        }
    }

    void IUdpOwner.OnError(UdpSocket socket)
    {
        if (socket.TryTakeError(out var error))
        {
            Errors++;
            HostOf(socket).World.AddToTrace((ulong)error.Report.Problem);
        }
    }

    void IUdpOwner.OnWritable(UdpSocket socket)
    {
    }

    private SimHost HostOf(UdpSocket socket) => socket == _serverSocket ? _server : _client;

    private static void Write(Span<byte> payload, int number)
    {
        WriteUInt32BigEndian(payload, (uint)number);
        WriteUInt32BigEndian(payload[4..], (uint)payload.Length);
        new SimPattern((ulong)number).Fill(payload[HeaderLength..], 0);
    }

    private bool IsRight(ReadOnlySpan<byte> payload, out Datagram datagram)
    {
        var number = ReadUInt32BigEndian(payload);
        datagram = number < _sent.Count ? _sent[(int)number] : new Datagram(0);
        return datagram.Length == payload.Length && ReadUInt32BigEndian(payload[4..]) == payload.Length
            && new SimPattern(number).Fits(payload[HeaderLength..], 0);
    }

    private UdpSocket Bind(SimHost host, int port)
    {
        UdpSocket? socket = null;
        host.Do(() => host.Udp.Bind(
            new PortBinding(TransportProtocol.Udp, InternetAddress.AnyIPv6, new PortNumber((ushort)port)),
            new UdpSocketOptions { TakesErrors = true }, out socket));
        socket!.Owner = this;
        return socket;
    }

    private sealed class Datagram(int length)
    {
        internal int Length => length;

        internal int AtServer { get; set; }

        internal int AtClient { get; set; }
    }
}
