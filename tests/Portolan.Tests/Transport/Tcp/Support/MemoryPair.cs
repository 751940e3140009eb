using Portolan.Model;
using Portolan.Transport;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

namespace Portolan.Tests.Transport.Tcp.Support;

/// <summary>Two layers over a ring of buffers: nothing here allocates for a packet, so that what the layers allocate shows.</summary>
internal sealed class MemoryPair
{
    private const int Slots = 8192;
    private static readonly InternetAddress A = InternetAddress.FromIPv4(0xc6120001);
    private static readonly InternetAddress B = InternetAddress.FromIPv4(0xc6120002);

    private readonly byte[][] _bytes = new byte[Slots][];
    private readonly (int Length, bool ToServer)[] _ring = new (int, bool)[Slots];
    private readonly TcpLayer _client;
    private readonly TcpLayer _server;
    private int _head;
    private int _tail;
    private int _carried;

    public MemoryPair()
    {
        for (var i = 0; i < Slots; i++)
        {
            _bytes[i] = new byte[1500];
        }

        var pool = new PacketPool();
        var range = new EphemeralRange(new PortRange(new(32768), new(60999)), new PortSet());
        _client = new TcpLayer(
            new Output(this, A, B, toServer: true), pool, new PortTable(new LinuxBindRules(), range, 1), new TcpLayerOptions { Seed = 1 });
        _server = new TcpLayer(
            new Output(this, B, A, toServer: false), pool, new PortTable(new LinuxBindRules(), range, 2), new TcpLayerOptions { Seed = 2 });
    }

    public int LosesEvery { get; init; }

    public Instant Now { get; private set; } = new(1_000_000_000);

    public TcpConnection Connect(ITcpHandler client, ITcpHandler server)
    {
        Assert.True(_server.TryListen(new TcpListenRequest(InternetAddress.AnyIPv4, new PortNumber(80)), out var listener, out _));
        listener.Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = server;
        };
        var connection = _client.Connect(new TcpConnectRequest(B, new PortNumber(80), InternetAddress.AnyIPv4), Now).Connection;
        Assert.NotNull(connection);
        connection.Handler = client;
        return connection;
    }

    /// <summary>Delivers so many packets; each takes a microsecond.</summary>
    public void Run(int packets)
    {
        for (var i = 0; i < packets; i++)
        {
            var deadline = Instant.Earlier(_client.NextDeadline, _server.NextDeadline);
            if (_head == _tail || deadline <= Now)
            {
                Now = new Instant(Math.Max(Now.Nanoseconds, deadline.Nanoseconds));
                _client.OnTimer(Now);
                _server.OnTimer(Now);
                continue;
            }

            var slot = _head++ & (Slots - 1);
            Now = new Instant(Now.Nanoseconds + 1000);
            if (LosesEvery > 0 && ++_carried % LosesEvery == 0)
            {
                continue;
            }

            var (length, toServer) = _ring[slot];
            var (layer, from, to) = toServer ? (_server, A, B) : (_client, B, A);
            layer.OnPacket(
                new IpArrival(from, to, 1, 64, EcnCodepoint.NotCapable, 0, IpDelivery.Host, false), _bytes[slot].AsSpan(0, length), Now);
        }
    }

    private sealed class Output(MemoryPair pair, InternetAddress source, InternetAddress destination, bool toServer) : IIpOutput
    {
        private readonly WirePath _path = new(source, destination, 1500);

        public bool TryFindPath(InternetAddress source, InternetAddress destination, int interfaceNumber, out IpPath path)
        {
            path = _path;
            return true;
        }

        public Span<byte> Reserve(IpPath path, int length) =>
            pair._tail - pair._head >= Slots - 1 ? default : pair._bytes[pair._tail & (Slots - 1)].AsSpan(0, length);

        public void Send(in IpDeparture packet) => pair._ring[pair._tail++ & (Slots - 1)] = (packet.Length, toServer);

        public void Confirm(IpPath path, Instant now)
        {
        }
    }
}
