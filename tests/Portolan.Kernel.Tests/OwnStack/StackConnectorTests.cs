using System.Diagnostics;
using Portolan.Cli.Scanning.OwnStack;
using Portolan.Kernel.Tests.Scanning;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Connecting;
using Portolan.Linux.Sockets;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Tests.Support;

namespace Portolan.Kernel.Tests.OwnStack;

/// <summary>Connections of a stack beside the kernel's to servers of another kernel, compared with those of the kernel's sockets.</summary>
public sealed class StackConnectorTests
{
    private const string Filters = """
        table inet filter {
          chain in {
            type filter hook input priority 0;
            tcp dport 1001 drop
            tcp dport 1002 reject with tcp reset
            tcp dport 1003 reject with icmpx port-unreachable
            tcp dport 1004 reject with icmpx admin-prohibited
            tcp dport 1005 reject with icmpx host-unreachable
            tcp dport 1006 reject with icmpx no-route
          }
        }
        """;

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void Each_kind_of_answer_means_what_it_means_to_a_socket_of_the_kernel(string target)
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80, 443);
        lab.Pair.Target.Setting("net/ipv4/icmp_ratelimit", "0");
        lab.Pair.Target.Setting("net/ipv6/icmp/ratelimit", "0");
        lab.Pair.Target.Nft(Filters);
        int[] ports = [79, 80, 443, 1001, 1002, 1003, 1004, 1005, 1006];
        using var guarded = lab.TakePorts();
        using var watch = lab.Watch();
        var own = lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            return Outcomes(connector, target, ports);
        });
        Assert.Equal(0, watch.Look().ResetsOfStrangers);
        var kernel = lab.Pair.Scanner.Run(() =>
        {
            using var connector = KernelConnector.Open(new KernelConnectorOptions(), TimeProvider.System);
            return Outcomes(connector, target, ports);
        });
        Assert.Equal(kernel, own);
        Assert.Equal(ConnectResult.Connected, own[80]);
        Assert.Equal(ConnectResult.TimedOut, own[1001]);
    }

    [Theory]
    [InlineData("198.18.0.2")]
    [InlineData("2001:db8::2")]
    public void Thousands_of_connections_are_open_at_once_without_a_descriptor_for_each(string target)
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp([.. Enumerable.Range(10_000, 3000)]);
        using var guarded = lab.TakePorts();
        var (descriptors, most, outcomes) = lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            var results = Outcomes(connector, target, [80]); // opens the interface
            var before = DescriptorLimit.CountOpen();
            var during = 0;
            results = Outcomes(
                connector, target, [.. Enumerable.Range(10_000, 3000)], () => during = Math.Max(during, DescriptorLimit.CountOpen()));
            return (before, during, results);
        });
        Assert.Equal(3000, outcomes.Count(static one => one.Value == ConnectResult.Connected));

        // Other tests of this process open some meanwhile.
        Assert.InRange(most, 0, descriptors + 2500);
    }

    [Fact]
    public void Without_a_guard_the_kernel_answers_for_its_peers_with_RST_and_the_cable_shows_it()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80);
        using var watch = lab.Watch();
        lab.Pair.Scanner.Run(() =>
        {
            using var held = ReservedPorts.Take(16, new PortSet());
            using var connector = new StackConnector(lab.Network, new StackConnectorOptions
            {
                Ports = held.Range,
                Clock = TimeProvider.System,
                Seed = 4711,
            });
            Outcomes(connector, "198.18.0.2", [80]);
        });
        Assert.NotEqual(0, watch.Look().ResetsOfStrangers);
    }

    [Fact]
    public void Loss_each_way_delays_handshakes_and_loses_none()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp([.. Enumerable.Range(10_000, 500)]);
        lab.Pair.Target.Nft("""
            table inet lossy {
              chain in { type filter hook input priority -10; meta l4proto tcp numgen random mod 100 < 5 drop; }
              chain out { type filter hook output priority -10; meta l4proto tcp numgen random mod 100 < 5 drop; }
            }
            """);
        using var guarded = lab.TakePorts();
        var outcomes = lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            return Outcomes(connector, "198.18.0.2", [.. Enumerable.Range(10_000, 500)], patience: TimeSpan.FromSeconds(90));
        });
        Assert.Equal(500, outcomes.Count(static one => one.Value == ConnectResult.Connected));
    }

    [Fact]
    public void A_neighbour_that_is_not_there_is_silence_and_this_host_itself_is_refused()
    {
        using var lab = new OwnStackLab();
        using var guarded = lab.TakePorts();
        lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            Assert.Equal(ConnectResult.TimedOut, Outcomes(connector, "198.18.0.9", [80])[80]);
            Assert.Equal(ConnectStartResult.Denied, connector.TryStart(Attempt(1, "198.18.0.1", 80, TimeSpan.FromSeconds(1))).Result);
            Assert.Equal(ConnectStartResult.Denied, connector.TryStart(Attempt(2, "203.0.113.1", 80, TimeSpan.FromSeconds(1))).Result);
        });
    }

    [Fact]
    public void Connections_that_were_made_are_reset_at_once_also_the_last_ones()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80, 81);
        using var guarded = lab.TakePorts();
        using var watch = lab.Watch();
        lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            Outcomes(connector, "198.18.0.2", [80, 81]);

            // Nobody drives the connector any more, and it is not closed yet.
            Assert.Equal(2, watch.Look().Resets);
        });
    }

    [Fact]
    public void Targets_behind_a_router_are_reached_by_its_Ethernet_address()
    {
        using var lab = new OwnStackLab();
        using var far = new LabHost();
        LabHost.Connect(lab.Pair.Target, "far0", far, "eth0");
        lab.Pair.Target.Address("far0", "192.0.2.1/24");
        lab.Pair.Target.Setting("net/ipv4/ip_forward", "1");
        far.Address("eth0", "192.0.2.2/24");
        far.Ip("route add default via 192.0.2.1");
        far.ListenTcp(80);
        lab.Pair.Scanner.Ip("route add 192.0.2.0/24 via 198.18.0.2");
        using var guarded = lab.TakePorts();
        var outcomes = lab.Pair.Scanner.Run(() =>
        {
            using var connector = Connector(lab, guarded);
            return Outcomes(connector, "192.0.2.2", [79, 80]);
        });
        Assert.Equal(ConnectResult.Refused, outcomes[79]);
        Assert.Equal(ConnectResult.Connected, outcomes[80]);
    }

    [Fact]
    public void The_time_that_an_interface_takes_to_open_is_no_part_of_the_round_trip()
    {
        using var lab = new OwnStackLab();
        lab.Pair.Target.ListenTcp(80);
        using var guarded = lab.TakePorts();
        var time = new JumpingTime();
        var roundTrip = lab.Pair.Scanner.Run(() =>
        {
            using var connector = new StackConnector(new SlowNetwork(lab.Network, time), new StackConnectorOptions
            {
                Ports = guarded.ShareOf(0),
                Clock = time,
                Seed = 4711,
            });
            Assert.Equal(ConnectStartResult.Started, connector.TryStart(Attempt(1, "198.18.0.2", 80, TimeSpan.FromHours(2))).Result);
            var outcomes = new ConnectOutcome[1];
            Bounded.Until(() => connector.Complete(outcomes, TimeSpan.FromMilliseconds(50)) > 0, "the connection is made");

            Assert.Equal(ConnectResult.Connected, outcomes[0].Result);
            return outcomes[0].Elapsed;
        });
        Assert.True(roundTrip < SlowNetwork.Opening, $"{roundTrip}");
    }

    private static StackConnector Connector(OwnStackLab lab, GuardedPorts ports) =>
        new(lab.Network, new StackConnectorOptions { Ports = ports.ShareOf(0), Clock = TimeProvider.System, Seed = 4711 });

    private static ConnectAttempt Attempt(ulong token, string target, int port, TimeSpan timeout) =>
        new(token, TransportProtocol.Tcp, RecordedScan.Address(target), 0, new PortNumber((ushort)port), timeout, default);

    private static SortedDictionary<int, ConnectResult> Outcomes(
        IConnector connector, string target, int[] ports, Action? whileInFlight = null, TimeSpan? patience = null)
    {
        var results = new SortedDictionary<int, ConnectResult>();
        var outcomes = new ConnectOutcome[64];
        foreach (var port in ports)
        {
            var start = connector.TryStart(Attempt((ulong)port, target, port, patience ?? TimeSpan.FromSeconds(2)));
            Assert.Equal(ConnectStartResult.Started, start.Result);
        }

        // Nothing is taken from the wire before this: all are in flight together.
        whileInFlight?.Invoke();
        for (var began = Stopwatch.GetTimestamp(); results.Count < ports.Length;)
        {
            Assert.True(
                Stopwatch.GetElapsedTime(began) < Bounded.Limit,
                $"{results.Count} of {ports.Length} connections have an outcome; the first without one is "
                    + $"{ports.First(p => !results.ContainsKey(p))}");
            var count = connector.Complete(outcomes, TimeSpan.FromMilliseconds(50));
            whileInFlight?.Invoke();
            foreach (var outcome in outcomes.AsSpan(0, count))
            {
                results.Add((int)outcome.Token, outcome.Result);
            }
        }

        return results;
    }
}

/// <summary>The system's time, some of which passes at once.</summary>
file sealed class JumpingTime : TimeProvider
{
    private long _ahead;

    internal void Jump(TimeSpan by) => _ahead += (long)(by.TotalSeconds * TimestampFrequency);

    public override long GetTimestamp() => System.GetTimestamp() + _ahead;
}

/// <summary>A network whose interfaces take an hour to open.</summary>
file sealed class SlowNetwork(INetwork network, JumpingTime time) : INetwork
{
    internal static readonly TimeSpan Opening = TimeSpan.FromHours(1);

    public RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null) =>
        network.FindRoute(destination, interfaceName, source);

    public bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out Portolan.Packets.MacAddress hardwareAddress) =>
        network.TryFindNeighbour(interfaceIndex, address, out hardwareAddress);

    public IPacketLink Open(Route route)
    {
        time.Jump(Opening);
        return network.Open(route);
    }
}
