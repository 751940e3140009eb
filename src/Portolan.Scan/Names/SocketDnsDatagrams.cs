using System.Net.Sockets;

namespace Portolan.Scan.Names;

/// <summary>
/// Connected sockets: only datagrams from the server itself reach them. Several for each server, so that answers find room and a forger
/// has more than one port to guess; the kernel chose the ports at random.
/// </summary>
public sealed class SocketDnsDatagrams : IDnsDatagrams
{
    private const int SocketsPerServer = 4;
    private const int ReceiveBuffer = 1 << 20;

    private readonly List<Socket> _sockets = [];
    private readonly List<int> _servers = [];
    private readonly Queue<int> _ready = [];
    private readonly Queue<int> _refused = [];
    private readonly List<Socket> _readable = [];

    /// <summary>Opens sockets; those that cannot be opened (no descriptor, no way to the server) are left out.</summary>
    public SocketDnsDatagrams(IReadOnlyList<DnsServer> servers)
    {
        ArgumentNullException.ThrowIfNull(servers);
        for (var i = 0; i < SocketsPerServer; i++)
        {
            for (var server = 0; server < servers.Count; server++)
            {
                var end = servers[server].ToEndPoint();
                Socket? socket = null;
                try
                {
                    socket = new Socket(end.AddressFamily, SocketType.Dgram, ProtocolType.Udp)
                    {
                        Blocking = false,
                        ReceiveBufferSize = ReceiveBuffer,
                    };
                    socket.Connect(end);
                    _sockets.Add(socket);
                    _servers.Add(server);
                }
                catch (SocketException)
                {
                    socket?.Dispose();
                }
            }
        }
    }

    /// <inheritdoc/>
    public int Channels => _sockets.Count;

    /// <inheritdoc/>
    public int ServerOf(int channel) => _servers[channel];

    /// <inheritdoc/>
    public bool TrySend(int channel, ReadOnlySpan<byte> message)
    {
        _sockets[channel].Send(message, SocketFlags.None, out var error);
        if (IsRefusal(error))
        {
            // The kernel tells here what came of an earlier message; this one was not sent yet.
            _refused.Enqueue(channel);
            _sockets[channel].Send(message, SocketFlags.None, out error);
        }

        return error == SocketError.Success;
    }

    /// <inheritdoc/>
    public DnsArrival Receive(Span<byte> buffer, TimeSpan timeout)
    {
        if (_refused.TryDequeue(out var refused))
        {
            return new DnsArrival(refused, -1);
        }

        if (_ready.Count == 0)
        {
            _readable.Clear();
            _readable.AddRange(_sockets);
            Socket.Select(_readable, null, null, timeout);
            foreach (var socket in _readable)
            {
                _ready.Enqueue(_sockets.IndexOf(socket));
            }
        }

        while (_ready.TryPeek(out var channel))
        {
            var length = _sockets[channel].Receive(buffer, SocketFlags.None, out var error);
            if (error == SocketError.Success)
            {
                return new DnsArrival(channel, length);
            }

            _ready.Dequeue();
            if (IsRefusal(error))
            {
                return new DnsArrival(channel, -1);
            }
        }

        return DnsArrival.Nothing;
    }

    private static bool IsRefusal(SocketError error) =>
        error is SocketError.ConnectionRefused or SocketError.HostUnreachable or SocketError.NetworkUnreachable;

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var socket in _sockets)
        {
            socket.Dispose();
        }
    }
}
