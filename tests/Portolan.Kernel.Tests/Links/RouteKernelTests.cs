using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Linux.Routing;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Links;

/// <summary>Routes against <c>ip route get</c>, one by one and many at once.</summary>
public sealed class RouteKernelTests
{
    private static readonly string[] IPv4Setup =
    [
        "link add far type veth peer name far1", "link set far1 up", "link set far up", "address add 198.19.7.1/24 dev far",
        "route add 203.0.113.0/24 via 198.18.0.2", "route add 203.0.113.128/25 via 198.18.0.3 mtu 1280",
        "route add blackhole 203.0.113.64/27", "route add unreachable 192.0.2.0/26", "route add prohibit 192.0.2.64/26",
        "route add 198.18.128.0/20 nexthop via 198.18.0.2 nexthop via 198.18.0.3",
        "route add default via 198.18.0.7 table 100", "route add throw 198.51.100.16/28 table 100",
        "route add 198.51.100.64/27 dev far table 100",
        "rule add to 198.51.100.0/25 lookup 100", "rule add from 198.18.0.1 to 198.51.100.192/26 lookup 100",
        "rule add pref 50 lookup main suppress_prefixlength 8",
        "route add 198.51.100.128/25 via 198.18.0.8 src 198.19.7.1",
    ];

    private static readonly string[] IPv6Setup =
    [
        "address add 2001:db8:a::1/64 dev scan0 nodad", "address add 2001:db8:b:0:8000::1/64 dev scan0 nodad",
        "-6 route add 2001:db8:1::/48 via 2001:db8::2", "-6 route add unreachable 2001:db8:1:7::/64",
        "-6 route add blackhole 2001:db8:1:8::/64",
        "-6 route add 2001:db8:b::/48 via 2001:db8::3", "-6 route add 2001:db8:a:4000::/50 via 2001:db8::4 src 2001:db8::1",
        "-6 route add 2001:db8:2::/48 nexthop via 2001:db8::2 nexthop via 2001:db8::3",
        "-6 route add default via 2001:db8::5 table 100", "-6 rule add to 2001:db8:b:4::/63 lookup 100",
    ];

    [Theory]
    [InlineData("")]
    [InlineData("oif scan0")]
    [InlineData("from 198.18.0.1")]
    public void Answers_for_many_IPv4_destinations_are_those_of_ip(string more)
    {
        using var pair = LabPair.Create();
        Array.ForEach(IPv4Setup, pair.Scanner.Ip);
        var destinations =
            new List<string> { "127.0.0.1", "127.9.9.9", "198.18.0.1", "198.18.0.255", "255.255.255.255", "0.0.0.0", "224.0.0.1" };
        string[] around = [
            "198.18.0.0", "203.0.113.0", "203.0.113.64", "192.0.2.0", "198.18.128.0", "198.18.144.0", "198.51.100.0", "198.51.100.128",
            "198.19.7.0"];
        var random = new Random(7);
        for (var i = 0; i < 600; i++)
        {
            var start = TestPackets.Address(around[i % around.Length]).IPv4Bits;
            destinations.Add(InternetAddress.FromIPv4(start + (uint)random.Next(-3, 260)).ToString());
        }

        AssertSame(pair.Scanner, destinations, more);
    }

    [Theory]
    [InlineData("")]
    [InlineData("oif scan0")]
    [InlineData("from 2001:db8:a::1")]
    public void Answers_for_many_IPv6_destinations_are_those_of_ip(string more)
    {
        using var pair = LabPair.Create();
        Array.ForEach(IPv6Setup, pair.Scanner.Ip);
        var destinations = new List<string> { "::1", "2001:db8::1", "2001:db8::2", "2001:db8:ffff::1", "fe80::77" };
        string[] around = [
            "2001:db8::", "2001:db8:1::", "2001:db8:1:7::", "2001:db8:1:8::", "2001:db8:2::", "2001:db8:a::", "2001:db8:b::",
            "2001:db8:b:4::"];
        var random = new Random(8);
        Span<byte> bytes = stackalloc byte[16];
        for (var i = 0; i < 600; i++)
        {
            TestPackets.Address(around[i % around.Length]).WriteBytes(bytes);
            random.NextBytes(bytes[random.Next(6, 15)..]);
            destinations.Add(InternetAddress.FromBytes(bytes).ToString());
        }

        AssertSame(pair.Scanner, destinations, more);
    }

    [Fact]
    public void Twenty_thousand_destinations_take_few_questions()
    {
        using var pair = LabPair.Create();
        Array.ForEach(IPv4Setup, pair.Scanner.Ip);
        pair.Scanner.Run(() =>
        {
            using var channel = new CountingChannel(NetlinkSocket.Open(NetlinkFamily.Route));
            using var network = new KernelNetwork(new FrozenTime(), () => channel);
            for (var i = 0u; i < 20_000; i++)
            {
                network.FindRoute(InternetAddress.FromIPv4(0xcb00_7000 + i), null, TestPackets.Address("198.18.0.1"));
            }

            Assert.InRange(channel.Requests, 1, 100);
        });
    }

    [Fact]
    public void A_path_with_a_smaller_MTU_says_so()
    {
        using var pair = LabPair.Create();
        Array.ForEach(IPv4Setup, pair.Scanner.Ip);
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            Assert.Equal(1280, network.FindRoute(TestPackets.Address("203.0.113.200")).Route!.Mtu);
            Assert.Equal(1500, network.FindRoute(TestPackets.Address("203.0.113.2")).Route!.Mtu);
        });
    }

    [Theory]
    [InlineData("198.51.100.1", null, null, "no route to 198.51.100.1", "ip route")]
    [InlineData("2001:db8:9::1", null, null, "no route to 2001:db8:9::1", "ip -6 route")]
    [InlineData("192.0.2.1", null, null, "the route to 192.0.2.1 is of type unreachable", "ip route get 192.0.2.1")]
    [InlineData("192.0.2.65", null, null, "the route to 192.0.2.65 is of type prohibit", "ip route get 192.0.2.65")]
    [InlineData("192.0.2.129", null, null, "the route to 192.0.2.129 is of type blackhole", "ip route get 192.0.2.129")]
    [InlineData("198.18.0.2", "scan1", null, "no interface is named scan1", "did you mean scan0?")]
    [InlineData("198.18.0.2", "zzz", null, "no interface is named zzz", "there are: lo, ")]
    [InlineData("198.18.0.2", "spare", null, "interface spare is down", "ip link set spare up")]
    [InlineData("198.18.0.2", null, "198.18.0.99", "198.18.0.99 is not an address of this host", "-e")]
    [InlineData("198.18.0.2", null, "2001:db8::1", "one is IPv4, the other IPv6", "family")]
    public void What_stands_in_the_way_is_said(string destination, string? interfaceName, string? source, string problem, string hint)
    {
        using var pair = LabPair.Create();
        string[] setup = [
            "link add spare type veth peer name spare1", "route add unreachable 192.0.2.0/26", "route add prohibit 192.0.2.64/26",
            "route add blackhole 192.0.2.128/26"];
        Array.ForEach(setup, pair.Scanner.Ip);
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var answer =
                network.FindRoute(TestPackets.Address(destination), interfaceName, source is null ? null : TestPackets.Address(source));
            Assert.Null(answer.Route);
            Assert.Contains(problem, answer.Problem, StringComparison.Ordinal);
            Assert.Contains(hint, answer.Hint?.ToString(), StringComparison.Ordinal);
        });
    }

    [Fact]
    public void With_the_interface_named_packets_may_have_a_foreign_source()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var route = network.FindRoute(TestPackets.Address("198.18.0.2"), "scan0", TestPackets.Address("198.18.0.99")).Route!;
            Assert.Equal(("scan0", "198.18.0.99", true), (route.InterfaceName, route.Source.ToString(), route.IsOnLink));
        });
    }

    [Fact]
    public void A_neighbour_that_the_kernel_knows_is_found()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Ip("neigh replace 198.18.0.2 lladdr 02:00:00:00:00:42 dev scan0");
        pair.Scanner.Ip("neigh replace 2001:db8::2 lladdr 02:00:00:00:00:66 dev scan0");
        pair.Scanner.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            var index = network.FindRoute(TestPackets.Address("198.18.0.2")).Route!.InterfaceIndex;
            Assert.True(network.TryFindNeighbour(index, TestPackets.Address("198.18.0.2"), out var hardware));
            Assert.Equal("02:00:00:00:00:42", hardware.ToString());
            Assert.True(network.TryFindNeighbour(index, TestPackets.Address("2001:db8::2"), out hardware));
            Assert.Equal("02:00:00:00:00:66", hardware.ToString());
            Assert.False(network.TryFindNeighbour(index, TestPackets.Address("198.18.0.3"), out _));
            Assert.False(network.TryFindNeighbour(index + 100, TestPackets.Address("198.18.0.2"), out _));
        });
    }

    private static void AssertSame(LabHost host, List<string> destinations, string more)
    {
        var words = more.Split(' ');
        var interfaceName = words[0] == "oif" ? words[1] : null;
        InternetAddress? source = words[0] == "from" ? TestPackets.Address(words[1]) : null;
        var expected = RouteOracle.Ask(host, destinations, more);
        Assert.Contains(expected, answer => answer is not null);
        host.Run(() =>
        {
            using var network = new KernelNetwork(TimeProvider.System);
            for (var i = 0; i < destinations.Count; i++)
            {
                var answer = network.FindRoute(TestPackets.Address(destinations[i]), interfaceName, source);
                Assert.Equal($"{destinations[i]} {expected[i]}", $"{destinations[i]} {RouteOracle.Describe(answer)}");
            }
        });
    }

    /// <summary>What was learned stays fresh, however slow the machine is.</summary>
    private sealed class FrozenTime : TimeProvider
    {
        public override long GetTimestamp() => TimestampFrequency * 1000;
    }

    private sealed class CountingChannel(INetlinkChannel inner) : INetlinkChannel
    {
        internal int Requests { get; private set; }

        public int Send(ReadOnlySpan<byte> request)
        {
            Requests++;
            return inner.Send(request);
        }

        public NetlinkReceipt Receive(Span<byte> buffer) => inner.Receive(buffer);

        public void Dispose() => inner.Dispose();
    }
}
