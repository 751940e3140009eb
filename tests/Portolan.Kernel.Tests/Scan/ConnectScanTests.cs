using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Kernel.Tests.Scan;

/// <summary>Connect scans of a host whose truth is known.</summary>
public sealed class ConnectScanTests
{
    private const string V4 = "198.18.0.2";
    private const string V6 = "2001:db8::2";

    private const string Rules = """
        table inet filter {
          chain input {
            type filter hook input priority 0
            tcp dport 100 drop
            tcp dport 101 reject with icmpx type port-unreachable
            tcp dport 102 reject with icmpx type admin-prohibited
            tcp dport 103 reject with icmpx type host-unreachable
            tcp dport 104 reject with icmpx type no-route
            tcp dport 105 reject with tcp reset
            tcp dport 106 meta nfproto ipv4 reject with icmp type net-prohibited
            tcp dport 107 meta nfproto ipv4 reject with icmp type host-prohibited
            tcp dport 108 meta nfproto ipv4 reject with icmp type prot-unreachable
            udp dport 200 drop
            udp dport 202 reject with icmpx type admin-prohibited
          }
        }
        """;

    [Theory]
    [InlineData(V4)]
    [InlineData(V6)]
    public void Every_port_has_the_state_and_reason_of_its_truth(string target)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80, 443);
        pair.Target.Nft(Rules);
        // Linux limits its ICMP errors; this test is about what they say.
        pair.Target.Setting("net/ipv4/icmp_ratelimit", "0");
        pair.Target.Setting("net/ipv6/icmp/ratelimit", "0");
        var scan = pair.Scanner.Run(() => ConnectScan.Run(target, "79-81,100-108,443"));
        var v4 = target == V4;
        Assert.Equal("open syn-ack", scan[target, "80"]);
        Assert.Equal("open syn-ack", scan[target, "443"]);
        Assert.Equal("closed conn-refused", scan[target, "79"]);
        Assert.Equal("closed conn-refused", scan[target, "81"]);
        Assert.Equal("filtered no-response", scan[target, "100"]);
        Assert.Equal("closed port-unreach", scan[target, "101"]);
        Assert.Equal("filtered admin-prohibited", scan[target, "102"]);
        Assert.Equal("filtered host-unreach", scan[target, "103"]);
        Assert.Equal("filtered net-unreach", scan[target, "104"]);
        Assert.Equal("closed conn-refused", scan[target, "105"]);
        Assert.Equal(v4 ? "filtered net-prohibited" : "closed conn-refused", scan[target, "106"]);
        Assert.Equal(v4 ? "filtered host-prohibited" : "closed conn-refused", scan[target, "107"]);
        Assert.Equal(v4 ? "filtered proto-unreach" : "closed conn-refused", scan[target, "108"]);
        Assert.Equal(Evidence.Handshake, scan.Port(target, "80").Evidence);
        Assert.True(scan.End!.IsComplete);
        Assert.Equal(0, scan.End.NotSent);
    }

    [Fact]
    public void All_ports_of_a_host_are_told_apart_and_only_silent_ones_are_probed_again()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(1, 22, 80, 8080, 65535);
        pair.Target.Nft(Rules);
        pair.Target.Setting("net/ipv4/icmp_ratelimit", "0");
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "1-65535"));
        Assert.Equal(5, scan.Count(V4, PortState.Open));
        Assert.Equal(65535 - 5 - 7, scan.Count(V4, PortState.Closed));
        Assert.Equal(7, scan.Count(V4, PortState.Filtered));
        Assert.Equal(65535UL, scan.End!.ProbesPlanned);
        Assert.InRange(scan.End.ProbesSent, 65535, 65535 + 2000);

        // Three more look whether the host answers on everything.
        Assert.Equal(scan.End.ProbesSent - 65535 - 3, scan.End.Retries);
    }

    [Theory]
    [InlineData(V4)]
    [InlineData(V6)]
    public void Datagrams_tell_open_closed_filtered_and_silent_ports_apart(string target)
    {
        using var pair = LabPair.Create();
        pair.Target.EchoUdp(53);
        pair.Target.BindUdp(5000);
        pair.Target.Nft(Rules);
        var scan = pair.Scanner.Run(() => ConnectScan.Run(target, "53,54,5000,200,202", ConnectScan.Settings(udp: true)));
        Assert.Equal("open udp-response", scan[target, "U:53"]);
        Assert.Equal("closed port-unreach", scan[target, "U:54"]);
        Assert.Equal("open|filtered no-response", scan[target, "U:5000"]);
        Assert.Equal("open|filtered no-response", scan[target, "U:200"]);
        Assert.Equal("filtered admin-prohibited", scan[target, "U:202"]);
    }

    [Fact]
    public void A_UDP_service_is_identified_by_its_own_words_and_not_by_any()
    {
        using var pair = LabPair.Create();
        pair.Target.EchoUdp(7);
        pair.Target.EchoUdp(53);
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "7,53", ConnectScan.Settings(udp: true)));
        Assert.Equal(Evidence.Identified, scan.Port(V4, "U:7").Evidence);
        Assert.Equal(Evidence.Handshake, scan.Port(V4, "U:53").Evidence);
    }

    [Fact]
    public void Hosts_are_found_by_connecting_to_two_ports_as_nmap_does()
    {
        using var pair = LabPair.Create();
        pair.Target.Address("eth0", "198.18.0.3/24");
        pair.Target.Address("eth0", "198.18.0.4/24");
        pair.Target.ListenTcp(443);
        pair.Target.Nft("table ip f { chain i { type filter hook input priority 0; ip daddr 198.18.0.3 tcp dport 80 drop; ip daddr "
            + "198.18.0.4 drop; }\n}");
        var settings = ConnectScan.Settings() with { Discovery = new DiscoverySettings(), DiscoveryOnly = true };
        var scan = pair.Scanner.Run(() => ConnectScan.Run("198.18.0.2-5", "80", settings));
        Assert.Equal(HostStatus.Up, scan.Hosts["198.18.0.2"].Status);
        Assert.Equal((HostStatus.Up, ReplyReason.SynAck), (scan.Hosts["198.18.0.3"].Status, scan.Hosts["198.18.0.3"].Reason));
        Assert.Equal(HostStatus.Down, scan.Hosts["198.18.0.4"].Status);
        Assert.Equal(HostStatus.Down, scan.Hosts["198.18.0.5"].Status);
        Assert.Equal((2, 2), (scan.End!.HostsUp, scan.End.HostsDown));
    }

    [Fact]
    public void A_target_without_a_route_is_not_scanned_and_never_gets_a_state()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        var scan = pair.Scanner.Run(() => ConnectScan.Run("203.0.113.9 198.18.0.2", "80,81"));
        Assert.Null(scan["203.0.113.9", "80"]);
        Assert.True(scan.Partial["203.0.113.9"]);
        Assert.Equal("open syn-ack", scan[V4, "80"]);
        Assert.Contains(scan.Warnings, warning => warning.Contains("203.0.113.9", StringComparison.Ordinal));
        Assert.False(scan.End!.IsComplete);
        Assert.True(scan.End.NotSent > 0);
    }

    [Fact]
    public void A_local_firewall_that_refuses_a_probe_gives_no_state()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Scanner.Nft("table ip f { chain o { type filter hook output priority 0; tcp dport 81 reject with icmp type admin-prohibited; "
            + "tcp dport 82 drop; }\n}");
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "80-83"));
        Assert.Equal("open syn-ack", scan[V4, "80"]);
        Assert.Equal("closed conn-refused", scan[V4, "83"]);
        Assert.DoesNotContain("open", $"{scan[V4, "81"]} {scan[V4, "82"]}", StringComparison.Ordinal);
        Assert.DoesNotContain("closed", $"{scan[V4, "81"]} {scan[V4, "82"]}", StringComparison.Ordinal);
    }

    [Fact]
    public void Few_connectors_with_room_for_few_attempts_find_the_same()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(10, 20, 30, 40, 50);
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "1-3000", options: new() { MaxInFlight = 1, Shares = 2 }));
        Assert.Equal(5, scan.Count(V4, PortState.Open));
        Assert.Equal(2995, scan.Count(V4, PortState.Closed));
    }

    [Fact]
    public void Probes_come_from_the_address_and_port_that_were_asked_for()
    {
        using var pair = LabPair.Create();
        pair.Scanner.Address("scan0", "198.18.0.77/24");
        pair.Target.ListenTcp(80, 90);
        pair.Target.Nft("table ip f { chain i { type filter hook input priority 0; ip saddr 198.18.0.77 tcp sport 5353 tcp dport 70-99 "
            + "accept; drop; }\n}");
        var options = new Linux.Connecting.KernelConnectorOptions
        {
            Source = InternetAddress.TryParse("198.18.0.77", out var source) ? source : null,
            SourcePort = new PortNumber(5353),
            InterfaceName = "scan0",
        };
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "70-99", options: options));
        Assert.Equal(2, scan.Count(V4, PortState.Open));
        Assert.Equal(28, scan.Count(V4, PortState.Closed));
    }

    [Fact]
    public void An_interrupted_scan_ends_in_order_with_what_it_found()
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Target.Nft("table ip f { chain i { type filter hook input priority 0; tcp dport 1000-9999 drop; }\n}");
        using var interrupt = new CancellationTokenSource(TimeSpan.FromSeconds(1));
        var scan = pair.Scanner.Run(() => ConnectScan.Run(V4, "80,81,1000-9999", cancellation: interrupt.Token));
        Assert.False(scan.End!.IsComplete);
        Assert.True(scan.Partial[V4]);
        Assert.Null(scan[V4, "5000"]);
    }
}
