using Portolan.Model;
using Portolan.Packets;
using Portolan.Tests.Support;
using Portolan.Transport.Ip;

namespace Portolan.Tests.Transport.Ip;

/// <summary>Which way packets take, how large they may be, and whose they are.</summary>
public sealed class PathTests
{
    private readonly LabNetwork _network = new();

    [Fact]
    public void The_longest_network_counts_then_the_lowest_metric_then_the_oldest()
    {
        var host = _network.AddHost();
        var net = _network.AddSwitch();
        IpInterface[] at = [.. Enumerable.Range(1, 5).Select(i => host.Join(net, addresses: $"198.18.{i}.1/24 2001:db8:{i}::1/64"))];
        IpRoute Route(string network, int length, int number, int metric = 0) =>
            new(
                LabNetwork.Ip(network), length, at[number],
                LabNetwork.Ip(network.Contains(':') ? $"2001:db8:{number + 1}::9" : $"198.18.{number + 1}.9"), metric);
        host.Ip.AddRoute(Route("0.0.0.0", 0, 0));
        host.Ip.AddRoute(Route("10.0.0.0", 8, 1, metric: 5));
        host.Ip.AddRoute(Route("10.0.0.0", 8, 2, metric: 3));
        var low = Route("10.0.0.0", 8, 3, metric: 3);
        host.Ip.AddRoute(low);
        host.Ip.AddRoute(Route("10.1.2.3", 32, 4));
        host.Ip.AddRoute(Route("2001:db8:ffff::", 48, 3));
        host.Ip.AddRoute(Route("::", 0, 2));
        Assert.Equal(at[0].Number, InterfaceTo(host, "11.0.0.1"));
        Assert.Equal(at[2].Number, InterfaceTo(host, "10.9.9.9"));
        Assert.Equal(at[4].Number, InterfaceTo(host, "10.1.2.3"));
        Assert.Equal(at[3].Number, InterfaceTo(host, "2001:db8:ffff::1"));
        Assert.Equal(at[2].Number, InterfaceTo(host, "2001:db9::1"));
        at[2].IsUp = false;
        Assert.Equal(at[3].Number, InterfaceTo(host, "10.9.9.9"));
        Assert.True(host.Ip.RemoveRoute(low));
        Assert.Equal(at[1].Number, InterfaceTo(host, "10.9.9.9"));
        at[2].IsUp = true;
        Assert.Equal(at[2].Number, InterfaceTo(host, "10.9.9.9"));
    }

    [Fact]
    public void A_route_may_name_an_MTU_and_paths_follow_it()
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), addresses: "198.18.0.1/24");
        host.Ip.AddRoute(new IpRoute(LabNetwork.Ip("198.18.5.0"), 24, at, LabNetwork.Ip("198.18.0.9")));
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.5.1"), 0, out var path));
        Assert.Equal((1500, false), (path.Mtu, path.IsMtuTold));
        var generation = path.MtuGeneration;
        var narrow = new IpRoute(LabNetwork.Ip("198.18.5.1"), 32, at, LabNetwork.Ip("198.18.0.9"), Mtu: 640);
        host.Ip.AddRoute(narrow);
        Assert.Equal((640, true), (path.Mtu, path.IsMtuTold));
        Assert.NotEqual(generation, path.MtuGeneration);
        Assert.True(path.ReduceMtu(600, 640, _network.Now));
        Assert.Equal(600, path.Mtu);
        Assert.True(host.Ip.RemoveRoute(narrow));
        Assert.Equal((600, true), (path.Mtu, path.IsMtuTold));
        Assert.Throws<ArgumentOutOfRangeException>(() => host.Ip.AddRoute(narrow with { Mtu = 67 }));
        Assert.Throws<ArgumentOutOfRangeException>(() => host.Ip.AddRoute(narrow with { Mtu = -1 }));
    }

    [Fact]
    public void A_lookup_finds_what_a_plain_search_finds() => Fuzz.Run(60, (random, _) =>
    {
        var host = new LabNetwork().AddHost();
        var net = _network.AddSwitch();
        var at = host.Join(net, addresses: "192.0.2.1/32");
        for (var i = 0; i < 40; i++)
        {
            var length = random.Next(33);
            var network = (uint)random.Next(16) << 28 | (uint)random.Next(4) << 26;
            network = length == 0 ? 0 : network & (uint.MaxValue << (32 - length));
            host.Ip.AddRoute(new IpRoute(InternetAddress.FromIPv4(network), length, at, Metric: random.Next(4)));
        }

        for (var i = 0; i < 200; i++)
        {
            var destination = InternetAddress.FromIPv4((uint)random.Next(14) << 28 | (uint)random.Next(1 << 28));
            var expected = host.Ip.Routes.Where(r => r.Network.IsIPv4 && destination.IsIn(r.Network, r.Length))
                .OrderByDescending(r => r.Length).ThenBy(r => r.Metric).FirstOrDefault();
            Assert.Equal(expected, host.Ip.Router.Routes.Find(destination, null));
        }
    });

    [Fact]
    public void A_path_follows_changes_of_routes_addresses_and_interfaces()
    {
        var host = _network.AddHost();
        var net = _network.AddSwitch();
        var (first, second) = (host.Join(net, addresses: "198.18.1.1/24"), host.Join(net, mtu: 1400, addresses: "198.18.2.1/24"));
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("198.18.1.1"), LabNetwork.Ip("192.0.2.1"), 0, out var none) is false && none is null);
        host.Ip.AddDefaultRoute(first, LabNetwork.Ip("198.18.1.9"));
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("198.18.1.1"), LabNetwork.Ip("192.0.2.1"), 0, out var path));
        Assert.Equal((first.Number, 1500, false), (path.InterfaceNumber, path.Mtu, path.IsLoopback));
        var generation = path.MtuGeneration;
        host.Ip.AddRoute(new IpRoute(LabNetwork.Ip("192.0.2.0"), 24, second, LabNetwork.Ip("198.18.2.9")));
        Assert.Equal((second.Number, 1400), (path.InterfaceNumber, path.Mtu));
        Assert.NotEqual(generation, path.MtuGeneration);
        second.Mtu = 1300;
        Assert.Equal(1300, path.Mtu);
        second.IsUp = false;
        Assert.Equal(first.Number, path.InterfaceNumber);
        first.IsUp = false;
        Assert.Equal(0, path.InterfaceNumber);
        first.IsUp = true;
        Assert.Equal(first.Number, path.InterfaceNumber);
        host.Ip.RemoveAddress(first.Addresses[0]);
        Assert.Equal(0, path.InterfaceNumber);
        Assert.True(host.Send("198.18.2.1", "198.18.2.1", [1]));
    }

    [Fact]
    public void Paths_are_shared_and_those_that_are_forgotten_go_on()
    {
        var host = _network.AddHost(new IpHostOptions { Seed = 1, MaxPaths = 8 });
        host.Join(_network.AddSwitch(), addresses: "198.18.0.1/16");
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var first));
        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var again));
        Assert.Same(first, again);
        for (var i = 3; i < 100; i++)
        {
            Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip($"198.18.0.{i}"), 0, out _));
        }

        Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var other));
        Assert.NotSame(first, other);
        Assert.Equal((1500, LabNetwork.Ip("198.18.0.1")), (first.Mtu, first.Source));
    }

    [Theory]
    [InlineData("198.18.0.2", 0, 1500, 1492)]
    [InlineData("198.18.0.2", 0, 1492, 1006)]
    [InlineData("198.18.0.2", 0, 100, 552)]
    [InlineData("198.18.0.2", 1200, 1500, 1200)]
    [InlineData("198.18.0.2", 20, 1500, 552)]
    [InlineData("198.18.0.2", 1500, 1500, 1500)]
    [InlineData("198.18.0.2", 9000, 1500, 1500)]
    [InlineData("2001:db8::2", 1400, 1500, 1400)]
    [InlineData("198.18.0.2", 600, 100, 1500)]
    [InlineData("198.18.0.2", 600, 0, 1500)]
    [InlineData("2001:db8::2", 1280, 1500, 1280)]
    [InlineData("2001:db8::2", 1400, 1400, 1500)]
    [InlineData("2001:db8::2", 1279, 1500, 1500)]
    [InlineData("2001:db8::2", 600, 1500, 1500)]
    [InlineData("2001:db8::2", 0, 1500, 1500)]
    public void A_path_mtu_only_shrinks_and_never_below_the_least(string destination, int reported, int length, int expected)
    {
        var (us, _) = Pair();
        Assert.True(us.Ip.TryFindPath(
            LabNetwork.Ip(destination.Contains(':') ? "::" : "0.0.0.0"), LabNetwork.Ip(destination), 0, out var path));
        Assert.Equal(expected < 1500, path.ReduceMtu(reported, length, _network.Now));
        Assert.Equal(expected, path.Mtu);
    }

    [Fact]
    public void A_smaller_path_mtu_is_forgotten_after_ten_minutes()
    {
        var (us, _) = Pair();
        Assert.True(us.Ip.TryFindPath(LabNetwork.Ip("::"), LabNetwork.Ip("2001:db8::2"), 0, out var path));
        path.ReduceMtu(1300, 1500, _network.Now);
        var generation = path.MtuGeneration;
        _network.Run(599);
        us.Ip.AdvanceTo(_network.Now);
        Assert.Equal((1300, generation), (path.Mtu, path.MtuGeneration));
        _network.Run(2);
        us.Ip.AdvanceTo(_network.Now);
        Assert.Equal((1500, generation + 1), (path.Mtu, path.MtuGeneration));
    }

    [Fact]
    public void The_table_of_path_mtus_stays_bounded()
    {
        var host = _network.AddHost(new IpHostOptions { Seed = 1, MaxPathMtus = 16 });
        host.Join(_network.AddSwitch(), addresses: "198.18.0.1/16");
        for (var i = 2; i < 250; i++)
        {
            Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip($"198.18.0.{i}"), 0, out var path));
            for (var mtu = 1400; mtu > 1000; mtu -= 100)
            {
                Assert.True(path.ReduceMtu(mtu, 1500, _network.Now));
            }
        }

        Assert.Equal(16, host.Ip.PathMtus.Count);
    }

    [Fact]
    public void In_the_weak_model_a_host_takes_packets_to_any_of_its_addresses_in_the_strong_it_does_not()
    {
        foreach (var (model, expected) in ((HostModel, int)[])[(HostModel.Weak, 1), (HostModel.Strong, 0)])
        {
            var network = new LabNetwork();
            var (near, far) = (network.AddSwitch(), network.AddSwitch());
            var us = network.AddHost();
            var at = us.Join(near, addresses: "198.18.1.1/24");
            var them = network.AddHost(new IpHostOptions { Seed = 9, Model = model });
            them.Join(near, addresses: "198.18.1.2/24");
            them.Join(far, addresses: "198.18.2.2/24");
            us.Ip.AddRoute(new IpRoute(LabNetwork.Ip("198.18.2.0"), 24, at, LabNetwork.Ip("198.18.1.2")));
            us.Send("0.0.0.0", "198.18.2.2", [1]);
            network.Settle();
            Assert.Equal(expected, them.Probe.Packets.Count);
        }
    }

    [Fact]
    public void In_the_strong_model_a_packet_leaves_by_the_interface_of_its_source()
    {
        var net = _network.AddSwitch();
        foreach (var (model, expected) in ((HostModel, int)[])[(HostModel.Weak, 2), (HostModel.Strong, 3)])
        {
            var host = _network.AddHost(new IpHostOptions { Seed = 9, Model = model });
            var first = host.Join(net, addresses: "198.18.1.1/24");
            var second = host.Join(net, addresses: "198.18.2.1/24");
            host.Ip.AddDefaultRoute(first, LabNetwork.Ip("198.18.1.9"));
            host.Ip.AddRoute(new IpRoute(LabNetwork.Ip("0.0.0.0"), 0, second, LabNetwork.Ip("198.18.2.9"), Metric: 10));
            Assert.True(host.Ip.TryFindPath(LabNetwork.Ip("198.18.2.1"), LabNetwork.Ip("192.0.2.1"), 0, out var path));
            Assert.Equal(expected, path.InterfaceNumber);
        }
    }

    [Fact]
    public void The_errors_about_one_flight_without_an_mtu_step_down_once_RFC_1191_section_5()
    {
        var (us, _) = Pair();
        Assert.True(us.Ip.TryFindPath(LabNetwork.Ip("0.0.0.0"), LabNetwork.Ip("198.18.0.2"), 0, out var path));
        Assert.True(path.ReduceMtu(0, 1500, _network.Now));
        Assert.False(path.ReduceMtu(0, 1500, _network.Now));
        Assert.Equal(1492, path.Mtu);
        Assert.True(path.ReduceMtu(0, 1492, _network.Now));
        Assert.Equal(1006, path.Mtu);
    }

    [Theory]
    [InlineData("198.18.0.255", "198.18.0.1")]
    [InlineData("255.255.255.255", "198.18.0.1")]
    public void A_broadcast_is_heard_on_each_interface_of_its_network(string destination, string source)
    {
        var (left, right) = (_network.AddSwitch(), _network.AddSwitch());
        var (us, them) = (_network.AddHost(), _network.AddHost());
        them.Join(left, addresses: "198.18.0.2/24");
        var second = them.Join(right, addresses: "198.18.0.3/24");
        us.Join(right, addresses: "198.18.0.1/24");
        Assert.True(us.Send(source, destination, [1]));
        _network.Settle();
        Assert.Equal(second.Number, Assert.Single(them.Probe.Packets).Arrival.Interface);

        // And leaves by the one of its source.
        Assert.True(them.Send("198.18.0.3", destination, [2]));
        _network.Settle();
        Assert.Single(us.Probe.Packets, p => p.Arrival.Source == LabNetwork.Ip("198.18.0.3"));
    }

    [Fact]
    public void What_was_found_of_the_ends_of_a_packet_does_not_outlive_an_address()
    {
        var net = _network.AddSwitch();
        var (us, them) = (_network.AddHost(), _network.AddHost());
        us.Join(net, addresses: "198.18.0.1/24");
        var at = them.Join(net, addresses: "198.18.0.2/24 198.18.0.3/24");
        int Arrived()
        {
            them.Probe.Packets.Clear();
            Assert.True(us.Send("198.18.0.1", "198.18.0.3", [1]));
            Assert.True(us.Send("198.18.0.1", "198.18.0.3", [2]));
            _network.Settle();
            return them.Probe.Packets.Count;
        }

        Assert.Equal(2, Arrived());
        var stranger = them.Ip.AddAddress(at, LabNetwork.Ip("198.18.0.1"), 24, skipsDetection: true);
        Assert.Equal(0, Arrived());
        them.Ip.RemoveAddress(stranger);
        Assert.Equal(2, Arrived());
        them.Ip.RemoveAddress(at.Addresses[1]);
        Assert.Equal(0, Arrived());
    }

    [Fact]
    public void A_broadcast_address_stays_while_an_address_of_its_network_does()
    {
        var net = _network.AddSwitch();
        var (us, them) = (_network.AddHost(), _network.AddHost());
        us.Join(net, addresses: "198.18.0.1/24");
        var at = them.Join(net, addresses: "198.18.0.2/24 198.18.0.3/24");
        foreach (var expected in (int[])[1, 1, 0])
        {
            us.Send("198.18.0.1", "198.18.0.255", [1]);
            _network.Settle();
            Assert.Equal(expected, them.Probe.Packets.Count);
            them.Probe.Packets.Clear();
            if (at.Addresses.Count > 0)
            {
                them.Ip.RemoveAddress(at.Addresses[^1]);
            }
        }
    }

    [Fact]
    public void The_source_is_chosen_as_RFC_6724_says()
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), addresses: "2001:db8:1::1/64 2001:db8:2::1/64 198.18.0.1/24 198.18.1.1/24");
        host.Ip.AddDefaultRoute(at, LabNetwork.Ip("2001:db8:1::9"));
        Assert.Equal(LabNetwork.Ip("2001:db8:2::1"), SourceTo(host, "2001:db8:2::5"));
        Assert.Equal(LabNetwork.Ip("2001:db8:1::1"), SourceTo(host, "2001:db8:1::5"));
        Assert.Equal(LabNetwork.Ip("198.18.1.1"), SourceTo(host, "198.18.1.5"));
        Assert.Equal(LabNetwork.Ip("127.0.0.1"), SourceTo(host, "127.0.0.1"));
        Assert.Equal(LabNetwork.Ip("198.18.1.1"), SourceTo(host, "198.18.1.1"));
        at.Addresses[1].SetDeprecated(true);
        Assert.Equal(LabNetwork.Ip("2001:db8:1::1"), SourceTo(host, "2001:db8:2::5"));
    }

    [Theory]
    [InlineData("198.18.0.2", 24, true)]
    [InlineData("2001:db8::2", 64, false)]
    [InlineData("198.18.7.7", 26, false)]
    public void The_source_of_a_path_is_compared_by_its_own_prefix_and_says_whether_it_is_deprecated_RFC_6724_section_6(
        string destination, int length, bool isDeprecated)
    {
        var host = _network.AddHost();
        var at = host.Join(_network.AddSwitch(), addresses: "198.18.0.1/24 2001:db8::1/64");
        at.Addresses[0].SetDeprecated(true);
        host.Ip.AddPrefix(at, LabNetwork.Ip("198.18.7.0"), 26);
        Assert.True(host.Ip.TryFindPath(
            LabNetwork.Ip(destination.Contains(':') ? "::" : "0.0.0.0"), LabNetwork.Ip(destination), 0, out var path));
        var candidate = host.Ip.CandidateOf(path);
        Assert.Equal(
            (path.Source, at.Number, isDeprecated),
            (candidate.Address, path.IsLoopback ? at.Number : candidate.Interface, candidate.IsDeprecated));
        Assert.Equal(length, candidate.PrefixLength);
    }

    [Fact]
    public void Loopback_addresses_never_leave_the_host()
    {
        var (us, them) = Pair();
        Assert.False(us.Send("127.0.0.1", "198.18.0.2", [1]));
        Assert.True(us.Send("127.0.0.1", "127.0.0.2", [1]));
        Assert.True(us.Send("0.0.0.0", "198.18.0.1", [2]));
        _network.Settle();
        Assert.Equal(2, us.Probe.Packets.Count);
        Assert.All(us.Probe.Packets, p => Assert.True(p.Arrival.IsChecksumKnown));
        Assert.All(us.Probe.Packets, p => Assert.Equal(1, p.Arrival.Interface));
        Assert.Empty(them.Probe.Packets);
    }

    [Fact]
    public void Sending_and_taking_packets_allocates_nothing()
    {
        var (us, them) = Pair(isRecorded: false);
        var quiet = new QuietProtocol();
        us.Ip.Register((IpProtocol)200, quiet);
        them.Ip.Register((IpProtocol)200, quiet);
        foreach (var destination in (string[])["198.18.0.2", "2001:db8::2", "198.18.0.1"])
        {
            Assert.True(us.Ip.TryFindPath(
                LabNetwork.Ip(destination.Contains(':') ? "::" : "0.0.0.0"), LabNetwork.Ip(destination), 0, out var path));
            Assert.Equal(0, Allocations.Fewest(() =>
            {
                for (var i = 0; i < 100; i++)
                {
                    us.Ip.Reserve(path, 1000).Clear();
                    us.Ip.Send(new IpDeparture((IpProtocol)200, 1000));
                    us.Step(_network.Now);
                    them.Step(_network.Now);
                    us.Ip.Confirm(path, _network.Now);
                }
            }));
        }

        Assert.True(quiet.Count > 300);
    }

    private static int InterfaceTo(LabHost host, string destination)
    {
        Assert.True(host.Ip.TryFindPath(
            LabNetwork.Ip(destination.Contains(':') ? "::" : "0.0.0.0"), LabNetwork.Ip(destination), 0, out var path));
        return path.InterfaceNumber;
    }

    private static InternetAddress SourceTo(LabHost host, string destination)
    {
        Assert.True(host.Ip.TryFindPath(
            LabNetwork.Ip(destination.Contains(':') ? "::" : "0.0.0.0"), LabNetwork.Ip(destination), 0, out var path));
        return path.Source;
    }

    private (LabHost Us, LabHost Them) Pair(bool isRecorded = true)
    {
        var net = _network.AddSwitch(isRecorded: isRecorded);
        var (us, them) = (_network.AddHost(), _network.AddHost());
        us.Join(net, addresses: "198.18.0.1/24 2001:db8::1/64");
        them.Join(net, addresses: "198.18.0.2/24 2001:db8::2/64");
        _network.Run(5);
        return (us, them);
    }

    private sealed class QuietProtocol : ITransportProtocol
    {
        internal int Count { get; private set; }

        public Portolan.Transport.Instant NextDeadline => Portolan.Transport.Instant.Never;

        public IpAnswer OnPacket(in IpArrival arrival, ReadOnlySpan<byte> packet, Portolan.Transport.Instant now)
        {
            Count++;
            return IpAnswer.None;
        }

        public void OnIcmpError(in IcmpArrival report, ReadOnlySpan<byte> quoted, Portolan.Transport.Instant now)
        {
        }

        public void OnTimer(Portolan.Transport.Instant now)
        {
        }
    }
}
