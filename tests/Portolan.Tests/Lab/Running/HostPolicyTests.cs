using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Running;
using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Running.Wire;
using Portolan.Lab.Testing;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport;

namespace Portolan.Tests.Lab.Running;

/// <summary>What policies of hosts, and rules of routers, do beyond the plain answer.</summary>
public sealed class HostPolicyTests
{
    private const string Mixed =
        """
        name: mixed
        networks: { left: [198.18.0.0/24, 2001:db8:1::/64], right: [198.18.1.0/24, 2001:db8:2::/64] }
        routers:
          gate:
            networks: { left: [198.18.0.1, 2001:db8:1::1], right: [198.18.1.1, 2001:db8:2::1] }
            firewall: { rules: [ reject with tcp-reset tcp port 25, reject with admin-prohibited tcp port 26, reject with admin-prohibited udp port 26 ] }
        hosts:
          host:
            address: [198.18.0.20, 2001:db8:1::20]
            ports: { 80: http, 81: reject, 82: reject with tcp-reset, 83: { rate-limit: 5 }, 7/udp: echo, 9/udp: reject, 90: { knock: [7000, 7001], service: echo, open-for: 10s } }
          far: { address: [198.18.1.20, 2001:db8:2::20] }
          pc: { address: [198.18.0.10, 2001:db8:1::10] }
        vantage: { network: left, address: [198.18.0.250, 2001:db8:1::fa] }
        """;

    private static readonly TimeSpan Quiet = TimeSpan.FromMilliseconds(500);

    [Theory]
    [InlineData("198.18.0.20")]
    [InlineData("2001:db8:1::20")]
    public async Task A_connection_to_a_port_that_was_knocked_at_outlives_the_time_in_which_the_port_is_open(string address)
    {
        await using var lab = TestLab.FromYaml(Mixed);
        var to = IPAddress.Parse(address);
        var echoed = new byte[10];
        var second = SocketError.Success;
        lab.Run(async () =>
        {
            foreach (var knock in new[] { 7000, 7001 })
            {
                await Assert.ThrowsAsync<SocketException>(
                    () => lab["pc"].ConnectTcpAsync(new IPEndPoint(to, knock), TestContext.Current.CancellationToken));
            }

            await using var stream = await lab["pc"].ConnectTcpAsync(new IPEndPoint(to, 90));
            await Task.Delay(TimeSpan.FromMinutes(5), lab.Time);
            await stream.WriteAsync("still here"u8.ToArray());
            await stream.ReadExactlyAsync(echoed);
            try
            {
                await lab["pc"].ConnectTcpAsync(new IPEndPoint(to, 90));
            }
            catch (SocketException exception)
            {
                second = exception.SocketErrorCode;
            }
        });

        Assert.Equal("still here"u8.ToArray(), echoed);
        Assert.Equal(SocketError.TimedOut, second);
    }

    [Theory]
    [InlineData("198.18.0.20", 80, false)]
    [InlineData("198.18.0.20", 81, false)]
    [InlineData("198.18.0.20", 82, false)]
    [InlineData("198.18.0.20", 83, false)]
    [InlineData("198.18.0.20", 84, false)]
    [InlineData("198.18.0.20", 7, true)]
    [InlineData("198.18.0.20", 8, true)]
    [InlineData("198.18.0.20", 9, true)]
    [InlineData("2001:db8:1::20", 81, false)]
    [InlineData("2001:db8:1::20", 82, false)]
    [InlineData("2001:db8:1::20", 8, true)]
    [InlineData("2001:db8:1::20", 9, true)]
    [InlineData("198.18.1.20", 25, false)]
    [InlineData("198.18.1.20", 26, true)]
    [InlineData("198.18.1.20", 26, false)]
    [InlineData("2001:db8:2::20", 25, false)]
    [InlineData("2001:db8:2::20", 26, true)]
    public async Task A_wrong_checksum_gets_no_answer_where_a_right_one_does(string address, ushort port, bool isUdp)
    {
        await using var lab = Open();
        var to = SmallLab.Address(address);
        using var vantage = new RawVantage(lab, to);
        var from = SmallLab.Address(to.IsIPv4 ? "198.18.0.250" : "2001:db8:1::fa");
        var good = isUdp ? RawVantage.Udp(from, to, 5000, port, [1, 2, 3]) : RawVantage.Tcp(from, to, 5000, port, TcpFlags.Syn);
        var bad = good.ToArray();
        bad[(to.IsIPv4 ? 20 : 40) + (isUdp ? 7 : 17)] ^= 0x55;

        vantage.Send(bad);
        Assert.Empty(vantage.Receive(Quiet));
        vantage.Send(good);
        Assert.Single(vantage.Receive(Quiet));
    }

    [Fact]
    public async Task Packets_with_wrong_checksums_use_up_no_limit_of_answers()
    {
        await using var lab = Open();
        var to = SmallLab.Address("198.18.0.20");
        using var vantage = new RawVantage(lab, to);
        var bad = RawVantage.Tcp(vantage.Address, to, 5000, 83, TcpFlags.Syn);
        bad[37] ^= 0x55;
        vantage.Send(Enumerable.Repeat(bad, 20));
        vantage.Send(Enumerable.Range(0, 7).Select(i => RawVantage.Tcp(vantage.Address, to, (ushort)(5000 + i), 83, TcpFlags.Syn)));
        Assert.Equal(5, vantage.Receive(Quiet).Count);
    }

    [Fact]
    public async Task A_port_for_datagrams_that_opens_by_knocking_or_by_turns_is_shut_at_other_times_though_its_service_has_a_socket()
    {
        await using var lab = new VirtualNetwork(
            TopologyReader.Read(
                Mixed.Replace(
                    "7/udp: echo,",
                    "7/udp: echo, 70/udp: { knock: [7000, 7001], service: echo }, 71/udp: { flapping: echo, period: 1s, open: 20% },",
                    StringComparison.Ordinal), "mixed")
                .OrThrow("the topology"),
            new VirtualNetworkOptions { IsVirtualTime = true });
        var to = SmallLab.Address("198.18.0.20");
        using var vantage = new RawVantage(lab, to);
        byte[]? Ask(ushort port)
        {
            vantage.Send(RawVantage.Udp(vantage.Address, to, 5000, port, [1]));
            return vantage.Receive(TimeSpan.FromSeconds(1)).SingleOrDefault();
        }

        static bool IsEcho(byte[]? reply) => PacketHeads.TryRead(reply, out var heads) && heads.Protocol == IpProtocol.Udp;
        Assert.True(IsEcho(Ask(7)));
        Assert.Null(Ask(70));
        Ask(7000);
        Ask(7001);
        Assert.True(IsEcho(Ask(70)));
        var turns = Enumerable.Range(0, 100).Select(_ => Ask(71)).ToList();
        Assert.DoesNotContain(null, turns);
        Assert.InRange(turns.Count(IsEcho), 5, 40);
    }

    [Fact]
    public async Task Datagrams_that_a_program_of_the_host_takes_are_no_answers_and_use_up_no_limit()
    {
        var reasons = new List<string?>();
        await using var lab = new VirtualNetwork(
            TopologyReader.Read(Mixed.Replace("pc: {", "pc: { icmp-rate: 2,", StringComparison.Ordinal), "mixed").OrThrow("the topology"),
            new VirtualNetworkOptions
            {
                IsVirtualTime = true,
                Observer = (in e, _) =>
                {
                    if (e is { From: "host", To: "pc" })
                    {
                        reasons.Add(e.Why);
                    }
                },
            });
        var to = SmallLab.Address("198.18.0.10");
        using var vantage = new RawVantage(lab, to);
        using var program = lab.StackOf("pc").BindUdp(new IPEndPoint(IPAddress.Any, 6000));
        lab.Run(
            async () =>
            {
                using var sender = lab.StackOf("host").BindUdp(new IPEndPoint(IPAddress.Any, 0));
                for (var i = 0; i < 10; i++)
                {
                    await sender.SendAsync(new byte[] { 1 }, new IPEndPoint(to.ToIPAddress(), 6000));
                    await program.ReceiveAsync(new byte[1]);
                }
            },
            TimeSpan.FromSeconds(1));
        Assert.Equal(Enumerable.Repeat("port 6000/udp is in use by a program of the host", 10), reasons);
        vantage.Send(Enumerable.Range(0, 5).Select(_ => RawVantage.Udp(vantage.Address, to, 5000, 6001, [1])));
        Assert.Equal(2, vantage.Receive(Quiet).Count);
    }

    [Fact]
    public void Of_too_many_limits_those_are_forgotten_that_are_used_least()
    {
        var buckets = new TokenBuckets(most: 100);
        var busy = Address(1);
        for (var i = 0; i < 10; i++)
        {
            Assert.True(buckets.TryTake(busy, 0, 10, new Instant(0)));
        }

        // Many others ask once each, at the same moment: none of them is nearly as empty.
        for (var i = 0; i < 1000; i++)
        {
            Assert.True(buckets.TryTake(Address(100 + i), 0, 10, new Instant(1000)));
            Assert.False(buckets.TryTake(busy, 0, 10, new Instant(1000)));
            Assert.InRange(buckets.Count, 1, 100);
        }

        // As time goes by its answers come back, ten a second, and no more than ten are saved up.
        Assert.True(buckets.TryTake(busy, 0, 10, new Instant(100_001_000)));
        Assert.False(buckets.TryTake(busy, 0, 10, new Instant(100_002_000)));
        var late = new Instant(60_000_000_000);
        Assert.Equal(10, Enumerable.Range(0, 20).Count(_ => buckets.TryTake(busy, 0, 10, late)));
    }

    [Fact]
    public async Task Whoever_wakes_first_the_same_seed_loses_the_same_packets_of_a_host()
    {
        async Task<List<string>> LostAsync(ulong seed, params string[] order)
        {
            var lost = new List<string>();
            var topology = SmallLab.Topology();
            topology = topology with
            {
                Networks = [.. topology.Networks.Select(
                static n => n with { Quality = new Portolan.Lab.Topology.LinkQuality { Loss = 0.3 } })]
            };
            var options = new VirtualNetworkOptions
            {
                Seed = seed,
                IsVirtualTime = true,
                Observer = (in e, bytes) =>
                {
                    if (e is { From: "pc", Fate: WireOutcome.Lost })
                    {
                        lost.Add(Convert.ToHexString(bytes));
                    }
                },
            };
            await using var lab = new VirtualNetwork(topology, options);
            foreach (var name in order)
            {
                _ = lab.StackOf(name);
            }

            lab.Run(
                async () =>
                {
                    using var socket = lab.StackOf("pc").BindUdp(new IPEndPoint(IPAddress.Any, 5000));
                    for (var i = 0; i < 100; i++)
                    {
                        await socket.SendAsync(new[] { (byte)i }, new IPEndPoint(IPAddress.Parse("198.18.1.10"), 9));
                    }
                },
                TimeSpan.FromMinutes(1));
            return lost;
        }

        var first = await LostAsync(3, "pc", "server", "gateway");
        Assert.InRange(first.Count, 15, 45);
        Assert.Equal(first, await LostAsync(3, "gateway", "crowd", "server", "pc"));
        Assert.NotEqual(first, await LostAsync(4, "pc"));
    }

    private static VirtualNetwork Open() =>
        new(TopologyReader.Read(Mixed, "mixed").OrThrow("the topology"), new VirtualNetworkOptions { IsVirtualTime = true });

    private static InternetAddress Address(int number) => InternetAddress.FromIPv4(0xC612_0000 + (uint)number);
}
