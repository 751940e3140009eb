using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Ip;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Tests.Transport.Tcp;

/// <summary>TCP on the IP layer: two nets, a router between them, ARP and neighbour discovery, ICMP errors, path MTUs.</summary>
public sealed class TcpOverIpTests
{
    private readonly LabNetwork _network = new();
    private readonly LabHost _client;
    private readonly LabHost _router;
    private readonly LabHost _server;
    private readonly TcpLayer _clientTcp;
    private readonly TcpLayer _serverTcp;

    public TcpOverIpTests()
    {
        var (left, right) = (_network.AddSwitch(), _network.AddSwitch(isRecorded: false));
        (_client, _server) = (_network.AddHost(), _network.AddHost());
        _router = _network.AddHost(new IpHostOptions { Seed = 9, IsForwarding = true });
        var clientAt = ClientAt = _client.Join(left, addresses: "198.18.1.1/24 2001:db8:1::1/64");
        _router.Join(left, addresses: "198.18.1.9/24 2001:db8:1::9/64");
        RouterRight = _router.Join(right, addresses: "198.18.2.9/24 2001:db8:2::9/64");
        var serverAt = _server.Join(right, addresses: "198.18.2.1/24 2001:db8:2::1/64");
        _client.Ip.AddDefaultRoute(clientAt, LabNetwork.Ip("198.18.1.9"));
        _client.Ip.AddDefaultRoute(clientAt, LabNetwork.Ip("2001:db8:1::9"));
        _server.Ip.AddDefaultRoute(serverAt, LabNetwork.Ip("198.18.2.9"));
        _server.Ip.AddDefaultRoute(serverAt, LabNetwork.Ip("2001:db8:2::9"));
        (_clientTcp, _serverTcp) = (AddTcp(_client, 1), AddTcp(_server, 2));
    }

    private IpInterface ClientAt { get; }

    private IpInterface RouterRight { get; }

    private static TcpLayer AddTcp(LabHost host, ulong seed)
    {
        var ports = new PortTable(new LinuxBindRules(), new EphemeralRange(new PortRange(new(32768), new(60999)), new PortSet()), seed);
        var layer = new TcpLayer(host.Ip, host.Pool, ports, new TcpLayerOptions { Seed = seed });
        host.Ip.Register(IpProtocol.Tcp, layer);
        return layer;
    }

    private TcpListener Listen(StreamApp app)
    {
        Assert.True(
            _serverTcp.TryListen(
                new TcpListenRequest(InternetAddress.AnyIPv6, new PortNumber(80), IsDualStack: true), out var listener, out var result),
                result.ToString());
        listener.Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = app;
        };
        return listener;
    }

    private TcpConnection Connect(string to, ITcpHandler? handler)
    {
        _client.Ip.AdvanceTo(_network.Now);
        var connection = _clientTcp.Connect(
            new TcpConnectRequest(
                LabNetwork.Ip(to), new PortNumber(80), to.Contains(':') ? InternetAddress.AnyIPv6 : InternetAddress.AnyIPv4),
                _network.Now).Connection;
        Assert.NotNull(connection);
        connection.Handler = handler;
        return connection;
    }

    [Theory]
    [InlineData("198.18.2.1")]
    [InlineData("2001:db8:2::1")]
    public void A_stream_crosses_a_router_both_ways(string to)
    {
        var (client, server) = (new StreamApp(1, 0, 300_000, 200_000), new StreamApp(2, 1, 200_000, 300_000));
        Listen(server);
        Connect(to, client);
        _network.Run(20);
        Assert.True(client.IsDone && server.IsDone, $"{client.Read} {server.Read}");
        Assert.Equal((0, 0), (_clientTcp.ConnectionCount, _serverTcp.ConnectionCount));
        Assert.Equal(0, _clientTcp.Counters.Retransmissions);
    }

    [Theory]
    [InlineData("198.18.2.1", 1400)]
    [InlineData("198.18.2.1", 600)]
    [InlineData("2001:db8:2::1", 1280)]
    public void A_narrow_link_behind_the_router_makes_segments_smaller(string to, int mtu)
    {
        RouterRight.Mtu = mtu;
        var (client, server) = (new StreamApp(1, 0, 100_000, 0), new StreamApp(2, 1, 0, 100_000));
        Listen(server);
        var connection = Connect(to, client);
        _network.Run(20);
        Assert.True(client.IsDone && server.IsDone, $"{client.Read} {server.Read} {connection.Info()}");
        Assert.Equal(mtu - (to.Contains(':') ? 72 : 52), connection.Info().SegmentSize);
        Assert.Equal(0, connection.Info().Timeouts);
    }

    [Fact]
    public void A_host_that_nobody_has_is_unreachable()
    {
        var app = new StreamApp(1, 0, 0, 0);
        Connect("198.18.2.77", app);
        _network.Run(30);
        Assert.Equal((1, TcpError.HostUnreachable), (app.ClosedCount, app.Reason));
    }

    [Fact]
    public void A_decision_to_send_ICMP_reaches_the_one_who_asked()
    {
        var app = new StreamApp(1, 0, 0, 0);
        Listen(new StreamApp(2, 1, 0, 0)).Admission = (in TcpRequest _) => TcpDecision.Prohibited;
        Connect("198.18.2.1", app);
        _network.Run(1);
        Assert.Equal((1, TcpError.Prohibited), (app.ClosedCount, app.Reason));
    }

    [Fact]
    public void A_closed_port_refuses()
    {
        var app = new StreamApp(1, 0, 0, 0);
        Connect("2001:db8:2::1", app);
        _network.Run(1);
        Assert.Equal((1, TcpError.Refused), (app.ClosedCount, app.Reason));
    }

    [Fact]
    public void A_host_talks_to_itself_over_the_loopback()
    {
        var (client, server) = (new StreamApp(1, 0, 100_000, 100_000), new StreamApp(2, 1, 100_000, 100_000));
        Listen(server);
        _server.Ip.AdvanceTo(_network.Now);
        var connection = _serverTcp.Connect(
            new TcpConnectRequest(InternetAddress.LoopbackIPv4, new PortNumber(80), InternetAddress.AnyIPv4), _network.Now).Connection;
        Assert.NotNull(connection);
        connection.Handler = client;
        _network.Run(10);
        Assert.True(client.IsDone && server.IsDone, $"{client.Read} {server.Read}");
    }

    [Fact]
    public void Among_many_connections_announced_frames_and_damaged_ones_change_nothing()
    {
        const int Each = 3000;
        var apps = new List<StreamApp>();
        _serverTcp.TryListen(
            new TcpListenRequest(InternetAddress.AnyIPv6, new PortNumber(80), IsDualStack: true, Backlog: 1000), out var listener, out _);
        listener!.Ready = l =>
        {
            while (l.TryAccept(out var accepted))
            {
                apps.Add(new StreamApp(apps.Count, 1, Each, Each));
                accepted.Handler = apps[^1];
            }
        };
        for (var i = 0; i < 800; i++)
        {
            apps.Add(new StreamApp(apps.Count, 0, Each, Each));
            Connect(i % 2 == 0 ? "198.18.2.1" : "2001:db8:2::1", apps[^1]);
        }

        _network.Run(0.0001);
        Assert.True(((ITransportProtocol)_clientTcp).WantsAnnouncements);
        var random = new Random(1);
        var before = _client.Ip.Counters.Received;
        foreach (var seen in _network.Seen.TakeLast(2000))
        {
            var damaged = seen[..random.Next(seen.Length + 1)];
            if (damaged.Length > 14)
            {
                damaged[14 + random.Next(damaged.Length - 14)] = (byte)random.Next();
            }

            _client.Ip.Announce(_client.Ip.Interfaces[^1].Number, damaged);
        }

        Assert.Equal(before, _client.Ip.Counters.Received);
        _network.Run(20);
        Assert.All(apps, static app => Assert.True(app.IsDone, $"{app.Read}"));
        Assert.Equal((1600, 0, 0), (apps.Count, _clientTcp.ConnectionCount, _serverTcp.ConnectionCount));
    }

    [Theory]
    [InlineData(0, 1500, 1492)]
    [InlineData(1400, 1500, 1400)]
    [InlineData(600, 62, 1500)]
    [InlineData(1400, 1400, 1500)]
    public void Errors_about_one_flight_are_judged_by_the_length_that_each_quotes_RFC_1191_section_5_RFC_5927_section_7_2(
        int mtu, int quotedLength, int expected)
    {
        Listen(new StreamApp(2, 1, 0, 0)).Ready = null;
        var connection = Connect("198.18.2.1", null);
        _network.Run(0.1);
        Assert.Equal(TcpState.Established, connection.State);
        _client.Ip.AdvanceTo(_network.Now);
        var first = connection.Core.SendUnacknowledged;
        connection.Write(new byte[14_000], _network.Now);
        for (var i = 0; i < 8; i++)
        {
            ReportTooBig(connection, mtu, quotedLength, (first + (uint)(i * 1448)).Value);
        }

        Assert.Equal(expected, connection.Core.Path.Mtu);
    }

    /// <summary>What comes by the right is answered by the left, where the default route leads.</summary>
    [Theory]
    [InlineData(HostModel.Weak, false, true)]
    [InlineData(HostModel.Weak, true, false)]
    [InlineData(HostModel.Strong, false, false)]
    public void In_the_weak_model_answers_follow_the_routes_RFC_1122_section_3_3_4_2(HostModel model, bool isBound, bool isReached)
    {
        var network = new LabNetwork();
        var (left, right, far) = (network.AddSwitch(), network.AddSwitch(), network.AddSwitch());
        var us = network.AddHost(new IpHostOptions { Seed = 5, Model = model });
        var (leftAt, rightAt) = (us.Join(left, addresses: "198.18.1.1/24"), us.Join(right, addresses: "198.18.2.1/24"));
        var router = network.AddHost(new IpHostOptions { Seed = 6, IsForwarding = true });
        router.Join(left, addresses: "198.18.1.9/24");
        router.Join(right, addresses: "198.18.2.9/24");
        router.Join(far, addresses: "203.0.113.9/24");
        var peer = network.AddHost();
        peer.Ip.AddDefaultRoute(peer.Join(far, addresses: "203.0.113.5/24"), LabNetwork.Ip("203.0.113.9"));
        us.Ip.AddDefaultRoute(leftAt, LabNetwork.Ip("198.18.1.9"));
        var (tcp, theirs) = (AddTcp(us, 3), AddTcp(peer, 4));
        var request = new TcpListenRequest(InternetAddress.AnyIPv4, new PortNumber(80), isBound ? rightAt.Number : 0);
        Assert.True(tcp.TryListen(request, out var listener, out _));
        var (client, server) = (new StreamApp(1, 0, 50_000, 50_000), new StreamApp(2, 1, 50_000, 50_000));
        listener.Ready = l =>
        {
            Assert.True(l.TryAccept(out var accepted));
            accepted.Handler = server;
        };
        peer.Ip.AdvanceTo(network.Now);
        TcpConnection To(ushort port) =>
            theirs.Connect(
                new TcpConnectRequest(LabNetwork.Ip("198.18.2.1"), new PortNumber(port), InternetAddress.AnyIPv4), network.Now).Connection!;
        var (open, closed) = (To(80), To(81));
        open.Handler = client;
        network.Run(5);
        Assert.Equal((isReached, isReached), (client.IsDone, server.IsDone));

        // A closed port has no interface that it is bound to.
        Assert.Equal(model == HostModel.Weak ? TcpError.Refused : TcpError.None, closed.Error);
        Assert.Equal(isReached, tcp.Counters.Dropped(TcpDrop.NoPath) == 0);
    }

    private void ReportTooBig(TcpConnection connection, int mtu, int quotedLength, uint sequence)
    {
        Span<byte> frame = stackalloc byte[14 + 20 + 8 + 28];
        var quoted = new byte[28];
        Ipv4Writer.Write(quoted, new Ipv4Header(connection.Local, connection.Remote, IpProtocol.Tcp, 64), quotedLength - 20);
        WriteUInt16BigEndian(quoted.AsSpan(20), connection.LocalPort.Value);
        WriteUInt16BigEndian(quoted.AsSpan(22), connection.RemotePort.Value);
        WriteUInt32BigEndian(quoted.AsSpan(24), sequence);
        var length = IcmpWriter.Write(frame[34..], IcmpType.DestinationUnreachable, 4, (uint)mtu, quoted);
        Ipv4Writer.Write(frame[14..], new Ipv4Header(LabNetwork.Ip("198.18.1.9"), connection.Local, IpProtocol.Icmp, 64), length);
        EthernetWriter.Write(frame, ClientAt.HardwareAddress, new MacAddress(0x0200_0000_0099), EtherType.Ipv4);
        _client.Inject(ClientAt, frame);
    }
}
