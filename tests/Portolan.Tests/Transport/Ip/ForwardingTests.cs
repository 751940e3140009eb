using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>Two networks with a router between them.</summary>
public sealed class ForwardingTests
{
    private readonly LabNetwork _network = new();
    private readonly LabHost _us;
    private readonly LabHost _router;
    private readonly LabHost _them;

    public ForwardingTests()
    {
        var (near, far) = (_network.AddSwitch(), _network.AddSwitch());
        _us = _network.AddHost();
        _router = _network.AddHost(new IpHostOptions { Seed = 77, IsForwarding = true });
        _them = _network.AddHost();
        var here = _us.Join(near, addresses: "198.18.1.2/24 2001:db8:1::2/64");
        _router.Join(near, addresses: "198.18.1.1/24 2001:db8:1::1/64");
        _router.Join(far, mtu: 1300, addresses: "198.18.2.1/24 2001:db8:2::1/64");
        var there = _them.Join(far, addresses: "198.18.2.2/24 2001:db8:2::2/64");
        foreach (var (host, at, net) in ((LabHost, IpInterface, int)[])[(_us, here, 1), (_them, there, 2)])
        {
            host.Ip.AddDefaultRoute(at, LabNetwork.Ip($"198.18.{net}.1"));
            host.Ip.AddDefaultRoute(at, LabNetwork.Ip($"2001:db8:{net}::1"));
        }

        _network.Run(5);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.2.2")]
    [InlineData("::", "2001:db8:2::2")]
    public void A_packet_arrives_with_one_hop_less(string any, string destination)
    {
        Assert.True(_us.Send(any, destination, "12345678"u8));
        _network.Settle();
        var (arrival, payload) = Assert.Single(_them.Probe.Packets);
        Assert.Equal(63, arrival.HopLimit);
        Assert.Equal("12345678"u8, payload);
        Assert.Equal(1, _router.Ip.Counters.Forwarded);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.2.2", "198.18.1.1")]
    [InlineData("::", "2001:db8:2::2", "2001:db8:1::1")]
    public void A_packet_without_hops_is_dropped_and_the_router_says_so(string any, string destination, string router)
    {
        _us.Send(any, destination, "12345678"u8, hopLimit: 1);
        _network.Settle();
        Assert.Empty(_them.Probe.Packets);
        var (report, quoted) = Assert.Single(_us.Probe.Errors);
        Assert.Equal((IcmpProblem.TimeExceeded, LabNetwork.Ip(router)), (report.Problem, report.Reporter));
        Assert.Equal("12345678"u8, quoted);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.2.2")]
    [InlineData("::", "2001:db8:2::2")]
    public void A_packet_that_is_too_big_teaches_its_sender_the_path_mtu(string any, string destination)
    {
        _us.Probe.OnError = (report, now) =>
        {
            Assert.True(_us.Ip.TryFindPath(report.Source, report.Destination, 0, out var path));
            Assert.True(path.ReduceMtu(report.Mtu, 1500, now));
        };
        var payload = new byte[1500 - (any == "::" ? 40 : 20)];
        _us.Send(any, destination, payload, mayFragment: false);
        _network.Settle();
        Assert.Empty(_them.Probe.Packets);
        Assert.Equal((IcmpProblem.PacketTooBig, 1300), (_us.Probe.Errors[0].Report.Problem, _us.Probe.Errors[0].Report.Mtu));
        Assert.True(_us.Ip.TryFindPath(LabNetwork.Ip(any), LabNetwork.Ip(destination), 0, out var path));
        Assert.Equal(1300, path.Mtu);

        // What may be cut now is, and what may not is not sent.
        _us.Send(any, destination, payload);
        _us.Send(any, destination, payload, mayFragment: false);
        _network.Settle();
        Assert.Equal(payload.Length, Assert.Single(_them.Probe.Packets).Payload.Length);
        Assert.Equal(1, _us.Ip.Counters[IpDrop.TooBig]);
    }

    [Fact]
    public void A_router_cuts_packets_of_IPv4_that_may_be_cut_pieces_too()
    {
        var payload = Enumerable.Range(0, 9000).Select(i => (byte)(i * 7)).ToArray();
        _us.Send("0.0.0.0", "198.18.2.2", payload);
        _network.Settle();
        var (_, together) = Assert.Single(_them.Probe.Packets);
        Assert.Equal(payload, together);
        Assert.Equal(0, _them.Pool.InUse);
        Assert.True(_router.Ip.Counters.Sent > 7);
    }

    [Fact]
    public void Options_that_are_to_be_copied_stand_in_every_piece()
    {
        var packet = new byte[20 + 12 + 1400];

        // Router alert (148) is copied, record route (7) is not.
        var header = new Ipv4Header(LabNetwork.Ip("198.18.1.2"), LabNetwork.Ip("198.18.2.2"), LabHost.Experiment, Identification: 5);
        Ipv4Writer.Write(packet, header, 1400, [7, 7, 4, 0, 0, 0, 0, 148, 4, 0, 0, 0]);
        _us.Ping("0.0.0.0", "198.18.2.2");
        _network.Settle();
        _network.Seen.Clear();
        _router.Inject(_router.Ip.Interfaces[1], [.. Station(_router, 1), .. packet]);
        _network.Settle();
        Assert.Equal(1400, Assert.Single(_them.Probe.Packets).Payload.Length);
        var pieces = _network.Seen.Where(f => f[12] == 8 && f[13] == 0).Select(f => f[14..]).ToArray();
        Assert.Equal([32, 24], pieces.Select(p => (p[0] & 15) * 4));
        Assert.All(pieces, p => Assert.Equal(0, InternetChecksum.Of(p.AsSpan(0, (p[0] & 15) * 4))));
        Assert.Equal([148, 4, 0, 0], pieces[1][20..24]);
    }

    [Theory]
    [InlineData("0.0.0.0", "192.0.2.1", IcmpProblem.NetworkUnreachable)]
    [InlineData("::", "2001:db8:77::1", IcmpProblem.NetworkUnreachable)]
    [InlineData("0.0.0.0", "198.51.100.1", IcmpProblem.Prohibited)]
    [InlineData("::", "2001:db8:88::1", IcmpProblem.Prohibited)]
    public void Without_a_way_the_sender_is_told(string any, string destination, Enum problem)
    {
        _router.Ip.AddRoute(new IpRoute(LabNetwork.Ip("198.51.100.0"), 24, null, Kind: RouteKind.Prohibit));
        _router.Ip.AddRoute(new IpRoute(LabNetwork.Ip("2001:db8:88::"), 48, null, Kind: RouteKind.Prohibit));
        _router.Ip.AddRoute(new IpRoute(LabNetwork.Ip("203.0.113.0"), 24, null, Kind: RouteKind.Blackhole));
        _us.Send(any, destination, "12345678"u8);
        _us.Send("0.0.0.0", "203.0.113.7", "12345678"u8);
        _network.Settle();
        Assert.Equal((IcmpProblem)problem, Assert.Single(_us.Probe.Errors).Report.Problem);
    }

    [Theory]
    [InlineData("0.0.0.0", "198.18.2.99")]
    [InlineData("::", "2001:db8:2::99")]
    public void When_the_last_hop_does_not_answer_the_sender_is_told_by_the_router(string any, string destination)
    {
        _us.Send(any, destination, "12345678"u8);
        _network.Run(3.5);
        var (report, _) = Assert.Single(_us.Probe.Errors);
        Assert.Equal(IcmpProblem.HostUnreachable, report.Problem);
        Assert.Equal(LabNetwork.Ip(any == "::" ? "2001:db8:1::1" : "198.18.1.1"), report.Reporter);
        Assert.Equal(0, _router.Pool.InUse);
    }

    [Theory]
    [InlineData("198.18.2.255")]
    [InlineData("169.254.7.7")]
    public void What_belongs_to_one_link_is_not_passed_on(string destination)
    {
        _us.Send("0.0.0.0", destination, "12345678"u8);
        _network.Run(4);
        Assert.Equal(0, _router.Ip.Counters.Forwarded);
        Assert.Empty(_them.Probe.Packets);
        Assert.Empty(_us.Probe.Errors);
    }

    [Fact]
    public void A_link_local_source_goes_no_further_than_its_link()
    {
        var packet = new byte[48];
        Ipv6Writer.Write(packet, LabNetwork.Ip("fe80::1"), LabNetwork.Ip("2001:db8:2::2"), LabHost.Experiment, 8);
        _router.Inject(_router.Ip.Interfaces[1], [.. Station(_router, 1, isIPv4: false), .. packet]);
        _network.Run(4);
        Assert.Equal(0, _router.Ip.Counters.Forwarded);
    }

    [Fact]
    public void A_host_that_is_no_router_passes_nothing_on()
    {
        var packet = new byte[28];
        Ipv4Writer.Write(packet, LabNetwork.Ip("198.18.2.1"), LabNetwork.Ip("192.0.2.1"), LabHost.Experiment, 8);
        _them.Inject(_them.Ip.Interfaces[1], [.. Station(_them, 1), .. packet]);
        _network.Run(4);
        Assert.Equal(1, _them.Ip.Counters[IpDrop.NotForUs]);
        Assert.Equal(0, _them.Ip.Counters.Forwarded);
    }

    [Fact]
    public void Links_of_plain_IP_need_no_neighbours()
    {
        var net = _network.AddSwitch(LinkLayer.Ip);
        var (left, right) = (_network.AddHost(), _network.AddHost());
        left.Join(net, addresses: "198.18.9.1/24 2001:db8:9::1/64");
        right.Join(net, addresses: "198.18.9.2/24 2001:db8:9::2/64");
        _network.Settle();
        _network.Seen.Clear();
        Assert.True(left.Ping("0.0.0.0", "198.18.9.2", 3000));
        Assert.True(left.Ping("::", "2001:db8:9::2", 3000));
        _network.Settle();
        Assert.Equal(2, left.Probe.Packets.Count);

        // Three pieces there and three back, twice.
        Assert.Equal(12, _network.Seen.Count);
    }

    private static byte[] Station(LabHost host, int number, bool isIPv4 = true)
    {
        var header = new byte[14];
        EthernetWriter.Write(
            header, host.Ip.Interfaces[number].HardwareAddress, new MacAddress(0x0200_0000_7777), isIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        return header;
    }
}
