using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Whole scans with packets over a lab, whose truth is computed from its topology.</summary>
public sealed class RawScanTests
{
    private const string Near = "198.18.0.2";

    private static ScanSettings Settings => new() { Seed = 4711 };

    private static ScanSettings Datagrams => Settings with { Tcp = TcpTechnique.None, Udp = true };

    [Fact]
    public void Ports_of_a_neighbour_have_the_states_of_nmaps_table()
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, ports: {{ 80: open, 81: filtered, 82: reject with admin-prohibited, 83: syn-proxy }} }}");
        var ports = ScanLab.Tcp(79, 90);

        var scan = lab.Scan(Settings, [Near], ports);

        lab.AssertTruth(scan, ProbeType.Syn, [Near], ports);
        var host = scan.Hosts[ScanLab.Address(Near)];
        Assert.Equal((HostStatus.Up, ReplyReason.ArpResponse), (host.Status, host.Reason));
        Assert.Equal((PortState.Open, ReplyReason.SynAck, Evidence.SynAck), Facts(scan.Port(Near, 80)));
        Assert.Equal((PortState.Filtered, ReplyReason.NoResponse, Evidence.None), Facts(scan.Port(Near, 81)));
        Assert.Equal((PortState.Filtered, ReplyReason.AdministrativelyProhibited, Evidence.None), Facts(scan.Port(Near, 82)));
        Assert.Equal(PortState.Open, scan.State(Near, 83));
        Assert.Equal((PortState.Closed, ReplyReason.Reset, Evidence.None), Facts(scan.Port(Near, 85)));
        Assert.Equal(64, scan.Port(Near, 85).TimeToLive);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
        Assert.Empty(scan.AnswersEverything);
    }

    [Trait("Quick", "no")]
    [Fact]
    public void All_ports_of_one_host_take_a_fifth_of_a_second()
    {
        using var lab =
            new ScanLab($"host: {{ address: {Near}, ports: {{ \"{ScanLab.Ports(65535, static port => port % 1000 == 80)}\": open }} }}");
        var ports = ScanLab.Tcp(1, 65535);

        var scan = lab.Scan(Settings, [Near], ports);

        lab.AssertTruth(scan, ProbeType.Syn, [Near], ports);
        Assert.Equal(66, scan.Count(PortState.Open));
        Assert.True(scan.Elapsed < TimeSpan.FromMilliseconds(200), $"took {scan.Elapsed}");
    }

    [Fact]
    public void One_port_is_done_when_it_has_answered()
    {
        using var lab = new ScanLab($"host: {{ address: {Near}, ports: {{ 80: open }} }}");
        var scan = lab.Scan(Settings, [Near], ScanLab.Tcp(80, 80));
        Assert.Equal(PortState.Open, scan.State(Near, 80));
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
        using var lab = new ScanLab($"host: {{ address: {Near}, ports: {{ 80: open, 81: filtered, 82: reject with admin-prohibited }} }}");
        var scan = lab.Scan(Settings with { Tcp = technique }, [Near], ScanLab.Tcp(79, 82));
        Assert.Equal([closed, open, dropped, PortState.Filtered], Enumerable.Range(79, 4).Select(port => scan.State(Near, port)));
    }

    [Theory]
    [InlineData("198.18.0.2", ReplyReason.ArpResponse)]
    [InlineData("198.51.100.2", ReplyReason.EchoReply)]
    [InlineData("2001:db8::2", ReplyReason.NeighbourResponse)]
    [InlineData("2001:db8:7::2", ReplyReason.EchoReply)]
    public void A_fixed_source_port_scans_as_well(string target, ReplyReason reason)
    {
        using var lab = new ScanLab($"host: {{ address: \"{target}\", ports: {{ 80: open, 81: filtered }} }}");
        foreach (var source in (PortNumber?[])[null, new PortNumber(53)])
        {
            var scan = lab.Scan(Settings with { SourcePort = source }, [target], ScanLab.Tcp(79, 81));
            Assert.Equal(reason, scan.Hosts[ScanLab.Address(target)].Reason);
            Assert.Equal(
                [PortState.Closed, PortState.Open, PortState.Filtered], Enumerable.Range(79, 3).Select(port => scan.State(target, port)));
        }
    }

    [Fact]
    public void Datagrams_tell_open_closed_filtered_and_silence()
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ 53/udp: dns, 54/udp: filtered, 55/udp: reject with admin-prohibited, "
                + $"56/udp: daytime }} }}");
        var ports = ScanLab.Udp(51, 57);

        var scan = lab.Scan(Datagrams, [Near], ports);

        lab.AssertTruth(scan, ProbeType.Udp, [Near], ports);
        Assert.Equal((PortState.Open, ReplyReason.UdpResponse, Evidence.Identified), Facts(scan.Port(Near, 53, TransportProtocol.Udp)));
        Assert.Equal((PortState.Open, ReplyReason.UdpResponse, Evidence.Handshake), Facts(scan.Port(Near, 56, TransportProtocol.Udp)));
        Assert.Equal(PortState.OpenFiltered, scan.State(Near, 54, TransportProtocol.Udp));
        Assert.Equal(
            (PortState.Filtered, ReplyReason.AdministrativelyProhibited, Evidence.None), Facts(scan.Port(Near, 55, TransportProtocol.Udp)));
        Assert.Equal((PortState.Closed, ReplyReason.PortUnreachable, Evidence.None), Facts(scan.Port(Near, 57, TransportProtocol.Udp)));
    }

    [Theory]
    [InlineData(0.1)]
    [InlineData(0.2)]
    [InlineData(0.3)]
    public void Random_loss_drives_the_pace_of_datagrams_not_to_its_floor(double loss)
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, default: closed, ports: {{ \"51-100/udp\": filtered }} }}", 7, loss, alwaysFindsNeighbours: true);

        var scan = lab.Scan(Datagrams, [Near], ScanLab.Udp(1, 100));

        // A probe a second to each silent port in each of four passes would be 200 s.
        Assert.InRange(scan.Count(PortState.Closed), 49, 50);
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(60), $"took {scan.Elapsed}");
    }

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void Closed_datagram_ports_are_told_from_silent_ones_at_one_error_a_second(double loss)
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ \"{ScanLab.Ports(100, static port => port % 5 == 0)}/udp\": filtered }} }}",
            7, loss);
        var ports = ScanLab.Udp(1, 100);

        var scan = lab.Scan(Datagrams, [Near], ports);

        lab.AssertTruth(scan, ProbeType.Udp, [Near], ports);
        Assert.Equal((80, 20), (scan.Count(PortState.Closed), scan.Count(PortState.OpenFiltered)));
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(loss > 0 ? 320 : 260), $"took {scan.Elapsed}");
        TestContext.Current.SendDiagnosticMessage($"{loss}: {scan.Elapsed} {scan.End}");
    }

    [Theory]
    [InlineData(1, 100)]
    [InlineData(4, 28)]
    [InlineData(50, 6)]
    public void Closed_datagram_ports_take_hardly_longer_than_the_limit_on_errors(int perSecond, int seconds)
    {
        using var lab = new ScanLab($"host: {{ address: {Near}, icmp-rate: {perSecond} }}", 7);

        var scan = lab.Scan(Datagrams, [Near], ScanLab.Udp(1, 100));

        Assert.Equal(100, scan.Count(PortState.Closed));
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(seconds), $"took {scan.Elapsed}");
    }

    [Fact]
    public void No_closed_datagram_port_stands_behind_one_that_answers_in_every_round()
    {
        for (var seed = 1; seed <= 20; seed++)
        {
            using var lab = new ScanLab(
                $"host: {{ address: {Near}, icmp-rate: 1, ports: {{ \"{ScanLab.Ports(100, static port => port % 5 == 0)}/udp\": filtered "
                    + $"}} }}", seed);
            var scan = lab.Scan(Datagrams with { Seed = (ulong)seed * 77 }, [Near], ScanLab.Udp(1, 100));
            Assert.Equal((seed, 80), (seed, scan.Count(PortState.Closed)));
        }
    }

    [Fact]
    public void Silence_is_not_believed_at_once_of_a_host_that_has_sent_all_the_errors_it_may()
    {
        using var lab = new ScanLab($"host: {{ address: {Near}, icmp-rate: 1, ports: {{ 7/udp: echo }} }}");
        Assert.Equal(PortState.Closed, lab.Scan(Datagrams, [Near], ScanLab.Udp(30, 30)).State(Near, 30, TransportProtocol.Udp));

        var scan = lab.Scan(Datagrams, [Near], ScanLab.Udp(1, 20));

        Assert.Equal(19, scan.Count(PortState.Closed));
    }

    [Theory]
    [InlineData(200)]
    [InlineData(20)]
    public void A_host_that_limits_its_RSTs_is_asked_slowly_until_all_is_known(int perSecond)
    {
        using var lab = new ScanLab(
            $$"""
            slow: { address: 198.18.0.2, default-tcp: { rate-limit: {{perSecond}}, with: tcp-reset }, ports: { "{{ScanLab.Ports(2000, static port => port % 100 == 0)}}": open, "{{ScanLab.Ports(2000, static port => port % 100 == 1)}}": filtered } }
            other: { address: 198.18.0.3, default: filtered, ports: { 1-99: closed } }
            """, 7);
        var scan = lab.Scan(Settings, ["198.18.0.2", "198.18.0.3"], ScanLab.Tcp(1, 2000));
        TestContext.Current.SendDiagnosticMessage($"{perSecond}: {scan.Elapsed} {scan.End} {string.Join('|', scan.Warnings)}");
        Assert.Equal(20, scan.Count(PortState.Open));
        Assert.Equal(1960 + 99, scan.Count(PortState.Closed));
        Assert.Single(scan.Warnings);
        Assert.True(scan.Elapsed < TimeSpan.FromSeconds(3000 / perSecond), $"took {scan.Elapsed}");
    }

    [Fact]
    public void A_host_that_answers_on_everything_is_marked_and_one_that_does_not_is_not()
    {
        using var lab = new ScanLab(
            """
            everything: { address: 198.18.0.2, default-tcp: open }
            many: { address: 198.18.0.3, ports: { 1-999: open } }
            """);
        foreach (var ports in (ProbePort[][])[ScanLab.Tcp(80, 80), ScanLab.Tcp(1, 2000), ScanLab.Tcp(49152, 65535)])
        {
            var scan = lab.Scan(Settings, ["198.18.0.2", "198.18.0.3"], ports);
            Assert.Equal([ScanLab.Address("198.18.0.2")], scan.AnswersEverything);
            lab.AssertTruth(scan, ProbeType.Syn, ["198.18.0.2", "198.18.0.3"], ports);
        }
    }

    [Fact]
    public void Dead_neighbours_are_down_and_not_probed_even_when_the_person_says_they_are_up()
    {
        foreach (var isSkipped in (bool[])[false, true])
        {
            using var lab = new ScanLab(
                """
                closed: 198.18.0.2
                silent: { address: 198.51.100.2, ping: no, default: filtered }
                """);
            var scan = lab.Scan(
                Settings with { Discovery = new DiscoverySettings { Skip = isSkipped } },
                ["198.18.0.2", "198.18.0.3", "198.51.100.2", "203.0.113.255"], ScanLab.Tcp(80, 80));
            Assert.Equal(HostStatus.Down, scan.Hosts[ScanLab.Address("198.18.0.3")].Status);
            Assert.Equal(PortState.Closed, scan.State("198.18.0.2", 80));
            Assert.Equal(isSkipped ? HostStatus.Up : HostStatus.Down, scan.Hosts[ScanLab.Address("198.51.100.2")].Status);
            Assert.Equal(isSkipped ? PortState.Filtered : PortState.Unknown, scan.State("198.51.100.2", 80));
            Assert.Contains("no route to 203.0.113.255; the lab has no such network", scan.Warnings);
            Assert.False(scan.End.IsComplete);
        }
    }

    [Theory]
    [InlineData(0, 5)]
    [InlineData(1, 20)]
    [InlineData(2, 200)]
    public void Slow_templates_keep_their_pauses(int template, int ports)
    {
        using var lab =
            new ScanLab($"host: {{ address: {Near}, ports: {{ \"{ScanLab.Ports(ports, static port => port % 2 == 0)}\": open }} }}");
        var timing = TimingSettings.Template(template);
        var scan = lab.Scan(Settings with { Timing = timing }, [Near], ScanLab.Tcp(1, ports));
        Assert.Equal(ports, scan.Count(PortState.Open) + scan.Count(PortState.Closed));
        Assert.InRange(
            scan.Elapsed.TotalSeconds, timing.ScanDelay.TotalSeconds * (ports - 1), (timing.ScanDelay.TotalSeconds * (ports + 1)) + 5);
    }

    [Fact]
    public void Routed_targets_keep_the_ceiling_of_their_prefix_where_nothing_answers()
    {
        using var lab = new ScanLab("pc: { addresses: 198.51.100.1-198.51.100.20, default: filtered }", farLatency: 10);
        var scan = lab.Scan(
            Settings with { Timing = new TimingSettings { MaxRetries = 0 } },
            [.. Enumerable.Range(1, 20).Select(static number => $"198.51.100.{number}")], ScanLab.Tcp(1, 1000));
        Assert.Equal(20_000, scan.Count(PortState.Filtered));
        Assert.InRange(scan.Elapsed.TotalSeconds, 2, 3.5);
    }

    [Fact]
    public void A_named_ceiling_of_a_prefix_holds_though_all_answer()
    {
        using var lab = new ScanLab("pc: 198.51.100.1-198.51.100.20", farLatency: 10);
        var scan = lab.Scan(
            Settings with { Timing = new TimingSettings { RoutedPrefixRate = 10_000 } },
            [.. Enumerable.Range(1, 20).Select(static number => $"198.51.100.{number}")], ScanLab.Tcp(1, 1000));
        Assert.Equal(20_000, scan.Count(PortState.Closed));
        Assert.InRange(scan.Elapsed.TotalSeconds, 2, 3.5);
    }

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void All_ports_of_a_routed_host_that_answers_take_a_second(double loss)
    {
        for (var seed = 1; seed <= 5; seed++)
        {
            using var lab = new ScanLab(
                $"host: {{ address: 198.51.100.2, ports: {{ \"{ScanLab.Ports(65535, static port => port % 1000 == 80)}\": open }} }}",
                seed, loss, alwaysFindsNeighbours: true, farLatency: 5);
            var scan = lab.Scan(
                Settings with { Seed = (ulong)seed, Discovery = new DiscoverySettings { Skip = true } }, ["198.51.100.2"],
                ScanLab.Tcp(1, 65535));
            Assert.Equal((seed, 66), (seed, scan.Count(PortState.Open)));
            Assert.True(scan.Elapsed < TimeSpan.FromSeconds(loss > 0 ? 4 : 1), $"took {scan.Elapsed}");
        }
    }

    [Fact]
    public void A_link_that_takes_nothing_leaves_ports_unprobed_and_never_filtered()
    {
        using var lab = new ScanLab($"host: {Near}");
        var first = lab.Scan(Settings, [Near], ScanLab.Tcp(1, 10));
        Assert.Equal(10, first.Count(PortState.Closed));
        lab.Vantage.Failure = SendFailure.Busy;
        var second = lab.Scan(Settings, [Near], ScanLab.Tcp(1, 10));
        Assert.Equal(0, second.Count(PortState.Filtered));
        Assert.False(second.End.IsComplete);
        Assert.True(second.End.NotSent > 0);
    }

    [Fact]
    public void Shares_of_a_scan_are_together_the_whole_and_judge_nothing_of_each_other()
    {
        using var lab =
            new ScanLab($"host: {{ address: {Near}, ports: {{ \"{ScanLab.Ports(1000, static port => port % 10 == 0)}\": filtered }} }}");
        var (closed, filtered) = (0, 0);
        for (var shard = 0; shard < 3; shard++)
        {
            var scan = lab.Scan(Settings with { Shard = shard, ShardCount = 3 }, [Near], ScanLab.Tcp(1, 1000));
            closed += scan.Count(PortState.Closed);
            filtered += scan.Count(PortState.Filtered);
        }

        Assert.Equal((900, 100), (closed, filtered));
    }

    [Fact]
    public void A_host_whose_time_is_over_says_nothing_and_the_others_are_finished()
    {
        using var lab = new ScanLab(
            """
            silent: { address: 198.18.0.2, default: filtered }
            closed: 198.18.0.3
            """);
        var scan = lab.Scan(
            Settings with { Timing = new TimingSettings { HostTimeout = TimeSpan.FromMilliseconds(150) } }, ["198.18.0.2", "198.18.0.3"],
            ScanLab.Tcp(1, 100));
        Assert.Equal(100, scan.Count(PortState.Closed));
        Assert.Equal(0, scan.Count(PortState.Filtered));
        Assert.False(scan.End.IsComplete);
    }

    private static (PortState, ReplyReason, Evidence) Facts(PortResult port) => (port.State, port.Reason, port.Evidence);
}
