using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Transport.Ip;
using Portolan.Tests.Transport.Tcp.Support;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp;

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
        var clientAt = _client.Join(left, addresses: "198.18.1.1/24 2001:db8:1::1/64");
        _router.Join(left, addresses: "198.18.1.9/24 2001:db8:1::9/64");
        RouterRight = _router.Join(right, addresses: "198.18.2.9/24 2001:db8:2::9/64");
        var serverAt = _server.Join(right, addresses: "198.18.2.1/24 2001:db8:2::1/64");
        _client.Ip.AddDefaultRoute(clientAt, LabNetwork.Ip("198.18.1.9"));
        _client.Ip.AddDefaultRoute(clientAt, LabNetwork.Ip("2001:db8:1::9"));
        _server.Ip.AddDefaultRoute(serverAt, LabNetwork.Ip("198.18.2.9"));
        _server.Ip.AddDefaultRoute(serverAt, LabNetwork.Ip("2001:db8:2::9"));
        (_clientTcp, _serverTcp) = (AddTcp(_client, 1), AddTcp(_server, 2));
    }

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
        Assert.True(_serverTcp.TryListen(new TcpListenRequest(InternetAddress.AnyIPv6, new PortNumber(80), IsDualStack: true), out var listener, out var result), result.ToString());
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
        var connection = _clientTcp.Connect(new TcpConnectRequest(LabNetwork.Ip(to), new PortNumber(80), to.Contains(':') ? InternetAddress.AnyIPv6 : InternetAddress.AnyIPv4), _network.Now).Connection;
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
        var connection = _serverTcp.Connect(new TcpConnectRequest(InternetAddress.LoopbackIPv4, new PortNumber(80), InternetAddress.AnyIPv4), _network.Now).Connection;
        Assert.NotNull(connection);
        connection.Handler = client;
        _network.Run(10);
        Assert.True(client.IsDone && server.IsDone, $"{client.Read} {server.Read}");
    }
}
