using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>Connect scans in virtual time, against a network whose truth is known.</summary>
public sealed class ConnectProberTests
{
    private static Truth Mixed(InternetAddress address, TransportProtocol protocol, int port) =>
        (Truth)((((address.IPv4Bits * 31) + (uint)port + (uint)protocol) * 2654435761 >> 24) % 5);

    [Fact]
    public void Every_port_of_every_host_gets_the_state_of_its_truth()
    {
        Fuzz.Run(12, (random, seed) =>
        {
            var network = new SimulatedNetwork(seed) { TruthOf = Mixed, Capacity = random.Next(1, 300) };
            var settings = SimulatedScan.Settings((ulong)seed) with { Udp = true };
            var log = SimulatedScan.Run(network, "192.0.2.1-5", "T:1-40,U:50-60", settings);
            AssertTruth(log, isComplete: true);
        });
    }

    [Fact]
    public void What_fails_on_this_host_is_tried_again_and_never_becomes_a_state()
    {
        Fuzz.Run(8, (random, seed) =>
        {
            var network = new SimulatedNetwork(seed)
            {
                TruthOf = Mixed,
                BusyChance = random.NextDouble() / 2,
                NotSentChance = 0.02,
                Capacity = 1 + random.Next(20),
            };
            var log = SimulatedScan.Run(network, "192.0.2.1-5", "1-40", SimulatedScan.Settings((ulong)seed));
            foreach (var (key, state) in log.Ports)
            {
                Assert.Equal(Truthful(key), state);
            }

            Assert.True(log.End!.NotSent > 0);
            Assert.Equal(log.Ports.Count == 200, log.End.IsComplete);
        });
    }

    [Fact]
    public void A_host_without_a_route_is_left_out_with_a_warning_and_the_others_are_scanned()
    {
        var network = new SimulatedNetwork(1) { HasRoute = address => address.IPv4Bits % 256 != 2 };
        var log = SimulatedScan.Run(network, "192.0.2.1-3", "1-10");
        Assert.Equal(20, log.Ports.Count);
        Assert.Equal(["192.0.2.2"], log.Partial);
        Assert.Contains("192.0.2.2", Assert.Single(log.Warnings), StringComparison.Ordinal);
        Assert.False(log.End!.IsComplete);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0, 0.002)]
    [InlineData(0.01, 0.01)]
    [InlineData(0.05, 0.025)]
    [InlineData(0.2, 0.09)]
    public void Loss_on_the_way_is_made_up_for_and_told(double loss, double tolerance)
    {
        var network = new SimulatedNetwork(7)
        {
            Loss = loss,
            TruthOf = (_, _, port) => port % 4 == 0 ? Truth.Open : port % 4 == 1 ? Truth.Silent : Truth.Closed,
        };
        var log = SimulatedScan.Run(network, "192.0.2.1", "1-4000");
        Assert.Equal(1000, log.Ports.Values.Count(state => state == "open syn-ack"));
        Assert.Equal(2000, log.Ports.Values.Count(state => state == "closed conn-refused"));
        var twoWay = 1 - ((1 - loss) * (1 - loss));
        Assert.InRange(log.End!.ProbeLoss!.Value, twoWay - tolerance, twoWay + tolerance);
        Assert.InRange(log.End.EstimatedMissRate!.Value, 0, 0.001);
    }

    [Fact]
    public void A_host_that_limits_its_icmp_messages_is_slowed_down_until_all_closed_ports_are_known()
    {
        var network = new SimulatedNetwork(3) { IcmpRate = 1, TruthOf = (_, _, port) => port == 53 ? Truth.Open : Truth.Closed };
        var settings = SimulatedScan.Settings() with { Tcp = TcpTechnique.None, Udp = true };
        var log = SimulatedScan.Run(network, "192.0.2.1", "1-60", settings);
        Assert.Equal(59, log.Ports.Values.Count(state => state == "closed port-unreach"));
        Assert.Equal("open udp-response", log.Ports["192.0.2.1 U:53"]);

        // What the host kept back is not lost on the way.
        Assert.Equal(0, log.End!.ProbeLoss);
        Assert.Equal((0, 0.0), (log.End.Losses!.Ports.Silent, log.End.Losses.Ports.Bound));
    }

    [Fact]
    public void A_scan_delay_lies_between_all_probes_to_a_host_and_hosts_share_the_wait()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { ScanDelay = TimeSpan.FromMilliseconds(100) } };
        SimulatedScan.Run(network, "192.0.2.1-8", "1-20", settings);
        foreach (var host in network.Attempts.GroupBy(attempt => attempt.Address))
        {
            var times = host.Select(attempt => attempt.At).ToList();
            Assert.All(times.Zip(times.Skip(1)), pair => Assert.True(pair.Second - pair.First >= 100_000_000));
        }

        Assert.InRange(network.Attempts[^1].At - network.Attempts[0].At, 1_900_000_000, 2_500_000_000);
    }

    [Fact]
    public void A_highest_rate_is_kept()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxRate = 500 } };
        SimulatedScan.Run(network, "192.0.2.1", "1-1000", settings);
        Assert.InRange((network.Attempts[^1].At - network.Attempts[0].At) / 1e9, 1.99, 2.2);
    }

    [Fact]
    public void Behind_a_router_each_prefix_has_its_ceiling()
    {
        var network = new SimulatedNetwork(1);
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { RoutedPrefixRate = 100 } };
        SimulatedScan.Run(network, "192.0.2.1 198.51.100.1", "1-300", settings, isRouted: address => true);
        Assert.InRange((network.Attempts[^1].At - network.Attempts[0].At) / 1e9, 2.95, 3.3);

        var near = new SimulatedNetwork(1);
        SimulatedScan.Run(near, "192.0.2.1 198.51.100.1", "1-300", settings, isRouted: address => false);
        Assert.InRange((near.Attempts[^1].At - near.Attempts[0].At) / 1e9, 0, 1);
    }

    [Fact]
    public void A_parallelism_of_one_has_one_attempt_in_flight()
    {
        var network = new SimulatedNetwork(1) { TruthOf = Mixed };
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxParallelism = 1 } };
        SimulatedScan.Run(network, "192.0.2.1-2", "1-20", settings);
        Assert.Equal(1, network.MostInFlight);
    }

    [Fact]
    public void No_retries_means_one_attempt_for_each_port()
    {
        var network = new SimulatedNetwork(1) { TruthOf = Mixed };
        var settings = SimulatedScan.Settings() with { Timing = new TimingSettings { MaxRetries = 0 } };
        var log = SimulatedScan.Run(network, "192.0.2.1-2", "1-20", settings);
        Assert.Equal(40, log.Ports.Count);
        Assert.All(
            network.Attempts.GroupBy(attempt => (attempt.Address, attempt.Port)).Where(
                group => log.Ports.GetValueOrDefault($"{group.Key.Address} {group.Key.Port}") == "filtered no-response"),
                group => Assert.Single(group));
    }

    [Fact]
    public void Silent_ports_are_probed_again_once_and_answered_ones_never()
    {
        var network = new SimulatedNetwork(1) { TruthOf = (_, _, port) => port <= 10 ? Truth.Silent : Truth.Closed };
        var log = SimulatedScan.Run(network, "192.0.2.1", "1-100");
        Assert.All(network.Attempts.GroupBy(attempt => attempt.Port), group => Assert.Equal(group.Key <= 10 ? 2 : 1, group.Count()));
        Assert.Equal((110, 10), (log.End!.ProbesSent, log.End.Retries));
    }

    [Fact]
    public void Hosts_are_up_when_a_port_accepts_or_refuses_and_only_they_are_scanned()
    {
        var network = new SimulatedNetwork(
            1)
        {
            TruthOf = (address, _, port) =>
                (address.IPv4Bits % 256, port) switch
                {
                    (1, _) => Truth.Closed,
                    (2, 443) => Truth.Open,
                    (3, _) => Truth.PortUnreachable,
                    (4, _) => Truth.Prohibited,
                    _ => Truth.Silent
                }
        };
        var settings = SimulatedScan.Settings() with { Discovery = new DiscoverySettings() };
        var log = SimulatedScan.Run(network, "192.0.2.1-5", "22", settings);
        Assert.Equal("Up conn-refused", log.HostStates["192.0.2.1"]);
        Assert.Equal("Up syn-ack", log.HostStates["192.0.2.2"]);
        Assert.Equal("Up port-unreach", log.HostStates["192.0.2.3"]);
        Assert.Equal("Down admin-prohibited", log.HostStates["192.0.2.4"]);
        Assert.Equal("Down no-response", log.HostStates["192.0.2.5"]);
        Assert.Equal(["192.0.2.1", "192.0.2.2", "192.0.2.3", "192.0.2.4", "192.0.2.5"], log.Order);
        Assert.Equal(3, log.Ports.Count);
        Assert.Equal((3L, 2L, 5L), (log.End!.HostsUp, log.End.HostsDown, log.End.HostsTotal));
    }

    [Fact]
    public void Ports_in_order_are_asked_in_order()
    {
        var network = new SimulatedNetwork(1);
        SimulatedScan.Run(network, "192.0.2.1-2", "1-50", SimulatedScan.Settings() with { Sequential = true });
        Assert.All(
            network.Attempts.GroupBy(attempt => attempt.Address),
            host => Assert.Equal(Enumerable.Range(1, 50), host.Select(attempt => attempt.Port)));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Shares_of_a_scan_together_are_the_whole_and_no_probe_is_in_two(bool sequential)
    {
        var all = new Dictionary<string, string>(StringComparer.Ordinal);
        for (var shard = 0; shard < 3; shard++)
        {
            var network = new SimulatedNetwork(1) { TruthOf = Mixed };
            var log = SimulatedScan.Run(network, "192.0.2.1-4", "1-33", SimulatedScan.Settings() with
            {
                Shard = shard,
                ShardCount = 3,
                Sequential = sequential,
            });
            Assert.True(log.End!.IsComplete);
            foreach (var (key, state) in log.Ports)
            {
                all.Add(key, state);
                Assert.Equal(Truthful(key), state);
            }
        }

        Assert.Equal(4 * 33, all.Count);
    }

    private static void AssertTruth(ScanLog log, bool isComplete)
    {
        Assert.Equal(isComplete, log.End!.IsComplete);
        Assert.Equal(5 * 51, log.Ports.Count);
        foreach (var (key, state) in log.Ports)
        {
            Assert.Equal(Truthful(key), state);
            Assert.Equal(state.EndsWith("no-response", StringComparison.Ordinal), !log.Live.ContainsKey(key));
        }
    }

    private static string Truthful(string key)
    {
        var parts = key.Split(' ');
        Assert.True(InternetAddress.TryParse(parts[0], out var address));
        var isUdp = parts[1].StartsWith("U:", StringComparison.Ordinal);
        var port = int.Parse(isUdp ? parts[1][2..] : parts[1], System.Globalization.CultureInfo.InvariantCulture);
        return SimulatedScan.Expected(Mixed(address, isUdp ? TransportProtocol.Udp : TransportProtocol.Tcp, port), isUdp);
    }
}
