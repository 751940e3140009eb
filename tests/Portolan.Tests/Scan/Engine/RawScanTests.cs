using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Scan.Simulation;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Whole scans with packets over a simulated network.</summary>
public sealed class RawScanTests
{
    private static ScanSettings Settings => new() { Seed = 4711 };

    [Fact]
    public void Ports_of_a_neighbour_have_the_states_of_nmaps_table()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost
        {
            Tcp = static port => port switch
            {
                80 => PortBehaviour.Open,
                81 => PortBehaviour.Dropped,
                82 => PortBehaviour.Rejected,
                83 => PortBehaviour.Proxied,
                84 => PortBehaviour.SplitHandshake,
                _ => PortBehaviour.Closed,
            },
        });

        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(79, 90));

        Assert.Equal((HostStatus.Up, ReplyReason.ArpResponse), (scan.Hosts[SimulatedNetwork.Address("198.18.0.2")].Status, scan.Hosts[SimulatedNetwork.Address("198.18.0.2")].Reason));
        Assert.Equal((PortState.Open, ReplyReason.SynAck, Evidence.SynAck), Facts(scan.Port("198.18.0.2", 80)));
        Assert.Equal((PortState.Filtered, ReplyReason.NoResponse, Evidence.None), Facts(scan.Port("198.18.0.2", 81)));
        Assert.Equal((PortState.Filtered, ReplyReason.AdministrativelyProhibited, Evidence.None), Facts(scan.Port("198.18.0.2", 82)));
        Assert.Equal((PortState.Filtered, ReplyReason.SynProxy, Evidence.None), Facts(scan.Port("198.18.0.2", 83)));
        Assert.Equal(PortState.Open, scan.State("198.18.0.2", 84));
        Assert.Equal((PortState.Closed, ReplyReason.Reset, Evidence.None), Facts(scan.Port("198.18.0.2", 85)));
        Assert.Equal(64, scan.Port("198.18.0.2", 85).TimeToLive);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
        Assert.Empty(scan.AnswersEverything);
    }

    [Fact]
    public void All_ports_of_one_host_take_a_fifth_of_a_second()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port % 1000 == 80 ? PortBehaviour.Open : PortBehaviour.Closed });
        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(1, 65535));
        Assert.Equal(66, scan.Count(PortState.Open));
        Assert.Equal(65535 - 66, scan.Count(PortState.Closed));
        Assert.True(scan.Elapsed < TimeSpan.FromMilliseconds(200), $"took {scan.Elapsed}");
    }

    [Fact]
    public void One_port_is_done_when_it_has_answered()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port == 80 ? PortBehaviour.Open : PortBehaviour.Closed });
        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2"], SimulatedScan.Tcp(80, 80));
        Assert.Equal(PortState.Open, scan.State("198.18.0.2", 80));
        Assert.True(scan.Elapsed < TimeSpan.FromMilliseconds(3), $"took {scan.Elapsed}");
        Assert.Equal(0, scan.End.ProbeLoss);
        Assert.Equal(0, scan.End.EstimatedMissRate);
    }

    [Theory]
    [InlineData(TcpTechnique.Ack, PortState.Unfiltered, PortState.Unfiltered, PortState.Filtered)]
    [InlineData(TcpTechnique.Null, PortState.Closed, PortState.OpenFiltered, PortState.OpenFiltered)]
    [InlineData(TcpTechnique.Fin, PortState.Closed, PortState.OpenFiltered, PortState.OpenFiltered)]
    [InlineData(TcpTechnique.Xmas, PortState.Closed, PortState.OpenFiltered, PortState.OpenFiltered)]
    public void Other_techniques_follow_their_own_tables(TcpTechnique technique, PortState closed, PortState open, PortState dropped)
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost
        {
            Tcp = static port => port switch
            {
                80 => PortBehaviour.Open,
                81 => PortBehaviour.Dropped,
                82 => PortBehaviour.Rejected,
                _ => PortBehaviour.Closed,
            },
        });
        var scan = SimulatedScan.Run(network, Settings with { Tcp = technique }, ["198.18.0.2"], SimulatedScan.Tcp(79, 82));
        Assert.Equal(closed, scan.State("198.18.0.2", 79));
        Assert.Equal(open, scan.State("198.18.0.2", 80));
        Assert.Equal(dropped, scan.State("198.18.0.2", 81));
        Assert.Equal(PortState.Filtered, scan.State("198.18.0.2", 82));
    }

    [Theory]
    [InlineData("198.18.0.2", ReplyReason.ArpResponse)]
    [InlineData("198.51.100.2", ReplyReason.EchoReply)]
    [InlineData("2001:db8::2", ReplyReason.NeighbourResponse)]
    [InlineData("2001:db8:7::2", ReplyReason.EchoReply)]
    public void A_fixed_source_port_scans_as_well(string target, ReplyReason reason)
    {
        var network = new SimulatedNetwork(1);
        network.Add(target, new SimulatedHost { Tcp = static port => port == 80 ? PortBehaviour.Open : port == 81 ? PortBehaviour.Dropped : PortBehaviour.Closed });
        foreach (var source in (PortNumber?[])[null, new PortNumber(53)])
        {
            var scan = SimulatedScan.Run(network, Settings with { SourcePort = source }, [target], SimulatedScan.Tcp(79, 81));
            Assert.Equal(reason, scan.Hosts[SimulatedNetwork.Address(target)].Reason);
            Assert.Equal((PortState.Closed, PortState.Open, PortState.Filtered), (scan.State(target, 79), scan.State(target, 80), scan.State(target, 81)));
        }
    }

    [Fact]
    public void Datagrams_tell_open_closed_filtered_and_silence()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost
        {
            ErrorLimit = new AnswerLimit(1, 6),
            Udp = static port => port switch
            {
                53 => PortBehaviour.Open,
                54 => PortBehaviour.Dropped,
                55 => PortBehaviour.Rejected,
                _ => PortBehaviour.Closed,
            },
        });
        var scan = SimulatedScan.Run(network, Settings with { Tcp = TcpTechnique.None, Udp = true }, ["198.18.0.2"], SimulatedScan.Udp(51, 57));
        Assert.Equal((PortState.Open, ReplyReason.UdpResponse, Evidence.Handshake), Facts(scan.Port("198.18.0.2", 53, TransportProtocol.Udp)));
        Assert.Equal(PortState.OpenFiltered, scan.State("198.18.0.2", 54, TransportProtocol.Udp));
        Assert.Equal((PortState.Filtered, ReplyReason.AdministrativelyProhibited, Evidence.None), Facts(scan.Port("198.18.0.2", 55, TransportProtocol.Udp)));
        Assert.Equal((PortState.Closed, ReplyReason.PortUnreachable, Evidence.None), Facts(scan.Port("198.18.0.2", 57, TransportProtocol.Udp)));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void Closed_datagram_ports_are_told_from_silent_ones_at_one_error_a_second(double loss)
    {
        var network = new SimulatedNetwork(7) { Loss = loss };
        network.Add("198.18.0.2", new SimulatedHost
        {
            ErrorLimit = new AnswerLimit(1, 6),
            Udp = static port => port % 5 == 0 ? PortBehaviour.Dropped : PortBehaviour.Closed,
        });
        var scan = SimulatedScan.Run(network, Settings with { Tcp = TcpTechnique.None, Udp = true }, ["198.18.0.2"], SimulatedScan.Udp(1, 100));
        Assert.Equal(80, scan.Count(PortState.Closed));
        Assert.Equal(20, scan.Count(PortState.OpenFiltered));
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(loss > 0 ? 320 : 200), $"took {scan.Elapsed}");
        TestContext.Current.SendDiagnosticMessage($"{loss}: {scan.Elapsed} {scan.End}");
    }

    [Fact]
    public void Silence_is_not_believed_at_once_of_a_host_that_has_sent_all_the_errors_it_may()
    {
        var network = new SimulatedNetwork(7);
        var limit = new AnswerLimit(1, 1);
        limit.TryTake(network.Time.Now);
        network.Add("198.18.0.2", new SimulatedHost
        {
            ErrorLimit = limit,
            Udp = static port => port == 7 ? PortBehaviour.Open : PortBehaviour.Closed,
        });
        var scan = SimulatedScan.Run(network, Settings with { Tcp = TcpTechnique.None, Udp = true }, ["198.18.0.2"], SimulatedScan.Udp(1, 20));
        Assert.Equal(19, scan.Count(PortState.Closed));
    }

    [Theory]
    [InlineData(200, 50)]
    [InlineData(20, 5)]
    public void A_host_that_limits_its_RSTs_is_asked_slowly_until_all_is_known(double perSecond, double burst)
    {
        var network = new SimulatedNetwork(7);
        network.Add("198.18.0.2", new SimulatedHost
        {
            ResetLimit = new AnswerLimit(perSecond, burst),
            Tcp = static port => port % 100 == 0 ? PortBehaviour.Open : port % 100 == 1 ? PortBehaviour.Dropped : PortBehaviour.Closed,
        });
        network.Add("198.18.0.3", new SimulatedHost { Tcp = static port => port < 100 ? PortBehaviour.Closed : PortBehaviour.Dropped });
        var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2", "198.18.0.3"], SimulatedScan.Tcp(1, 2000));
        TestContext.Current.SendDiagnosticMessage($"{perSecond}: {scan.Elapsed} {scan.End} {string.Join('|', scan.Warnings)}");
        Assert.Equal(20, scan.Count(PortState.Open));
        Assert.Equal(1960 + 99, scan.Count(PortState.Closed));
        Assert.Single(scan.Warnings);
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(3000 / perSecond), $"took {scan.Elapsed}");
    }

    [Fact]
    public void A_host_that_answers_on_everything_is_marked_and_one_that_does_not_is_not()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static _ => PortBehaviour.Open });
        network.Add("198.18.0.3", new SimulatedHost { Tcp = static port => port < 1000 ? PortBehaviour.Open : PortBehaviour.Closed });
        foreach (var ports in (ProbePort[][])[SimulatedScan.Tcp(80, 80), SimulatedScan.Tcp(1, 2000), SimulatedScan.Tcp(49152, 65535)])
        {
            var scan = SimulatedScan.Run(network, Settings, ["198.18.0.2", "198.18.0.3"], ports);
            Assert.Equal([SimulatedNetwork.Address("198.18.0.2")], scan.AnswersEverything);
        }
    }

    [Fact]
    public void Dead_neighbours_are_down_and_not_probed_even_when_the_person_says_they_are_up()
    {
        foreach (var isSkipped in (bool[])[false, true])
        {
            var network = new SimulatedNetwork(1);
            network.Add("198.18.0.2", new SimulatedHost());
            network.Add("198.51.100.2", new SimulatedHost { AnswersPing = false, Tcp = static _ => PortBehaviour.Dropped });
            var scan = SimulatedScan.Run(
                network, Settings with { Discovery = new DiscoverySettings { Skip = isSkipped } }, ["198.18.0.2", "198.18.0.3", "198.51.100.2", "203.0.113.255"], SimulatedScan.Tcp(80, 80));
            Assert.Equal(HostStatus.Down, scan.Hosts[SimulatedNetwork.Address("198.18.0.3")].Status);
            Assert.Equal(PortState.Closed, scan.State("198.18.0.2", 80));
            Assert.Equal(isSkipped ? HostStatus.Up : HostStatus.Down, scan.Hosts[SimulatedNetwork.Address("198.51.100.2")].Status);
            Assert.Equal(isSkipped ? PortState.Filtered : PortState.Unknown, scan.State("198.51.100.2", 80));
            Assert.Contains("no route to 203.0.113.255; add one", scan.Warnings);
            Assert.False(scan.End.IsComplete);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 20)]
    [InlineData(2, 200)]
    public void Slow_templates_keep_their_pauses(int template, int ports)
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port % 2 == 0 ? PortBehaviour.Open : PortBehaviour.Closed });
        var timing = TimingSettings.Template(template);
        var scan = SimulatedScan.Run(network, Settings with { Timing = timing }, ["198.18.0.2"], SimulatedScan.Tcp(1, ports));
        Assert.Equal(ports, scan.Count(PortState.Open) + scan.Count(PortState.Closed));
        Assert.InRange(scan.Elapsed.TotalSeconds, timing.ScanDelay.TotalSeconds * (ports - 1), (timing.ScanDelay.TotalSeconds * (ports + 1)) + 5);
    }

    [Fact]
    public void Routed_targets_keep_the_ceiling_of_their_prefix()
    {
        var network = new SimulatedNetwork(1);
        var addresses = Enumerable.Range(1, 20).Select(static number => $"198.51.100.{number}").ToList();
        foreach (var address in addresses)
        {
            network.Add(address, new SimulatedHost { RoundTrip = 20 });
        }

        var scan = SimulatedScan.Run(network, Settings, addresses, SimulatedScan.Tcp(1, 1000));
        Assert.Equal(20_000, scan.Count(PortState.Closed));
        Assert.InRange(scan.Elapsed.TotalSeconds, 2, 3.5);
    }

    [Fact]
    public void A_link_that_takes_nothing_leaves_ports_unprobed_and_never_filtered()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost());
        var settings = Settings;
        var first = SimulatedScan.Run(network, settings, ["198.18.0.2"], SimulatedScan.Tcp(1, 10));
        Assert.Equal(10, first.Count(PortState.Closed));
        network.Failure = SendFailure.Busy;
        var second = SimulatedScan.Run(network, settings, ["198.18.0.2"], SimulatedScan.Tcp(1, 10));
        Assert.Equal(0, second.Count(PortState.Filtered));
        Assert.False(second.End.IsComplete);
        Assert.True(second.End.NotSent > 0);
    }

    [Fact]
    public void Shares_of_a_scan_are_together_the_whole_and_judge_nothing_of_each_other()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static port => port % 10 == 0 ? PortBehaviour.Dropped : PortBehaviour.Closed });
        var (closed, filtered) = (0, 0);
        for (var shard = 0; shard < 3; shard++)
        {
            var scan = SimulatedScan.Run(network, Settings with { Shard = shard, ShardCount = 3 }, ["198.18.0.2"], SimulatedScan.Tcp(1, 1000));
            closed += scan.Count(PortState.Closed);
            filtered += scan.Count(PortState.Filtered);
        }

        Assert.Equal((900, 100), (closed, filtered));
    }

    [Fact]
    public void A_host_whose_time_is_over_says_nothing_and_the_others_are_finished()
    {
        var network = new SimulatedNetwork(1);
        network.Add("198.18.0.2", new SimulatedHost { Tcp = static _ => PortBehaviour.Dropped });
        network.Add("198.18.0.3", new SimulatedHost());
        var scan = SimulatedScan.Run(
            network, Settings with { Timing = new TimingSettings { HostTimeout = TimeSpan.FromMilliseconds(150) } }, ["198.18.0.2", "198.18.0.3"], SimulatedScan.Tcp(1, 100));
        Assert.Equal(100, scan.Count(PortState.Closed));
        Assert.Equal(0, scan.Count(PortState.Filtered));
        Assert.False(scan.End.IsComplete);
    }

    private static (PortState, ReplyReason, Evidence) Facts(PortResult port) => (port.State, port.Reason, port.Evidence);
}
