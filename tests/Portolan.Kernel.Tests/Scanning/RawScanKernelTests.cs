using Portolan.Kernel.Tests.Support;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;

namespace Portolan.Kernel.Tests.Scanning;

/// <summary>Raw scans of real kernels, whose truth the test has made.</summary>
public sealed class RawScanKernelTests
{
    private static ScanSettings Settings => new() { Seed = 4711 };

    [Theory]
    [InlineData("198.18.0.2", "arp-response")]
    [InlineData("2001:db8::2", "nd-response")]
    public void A_SYN_scan_of_a_neighbour_tells_open_closed_and_each_kind_of_filter(string target, string hostReason)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80, 443);
        pair.Target.Nft("""
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
            """);

        var scan = RecordedScan.Run(pair.Scanner, Settings, target, "79-81 443 1001-1006");

        Assert.Equal(hostReason, scan.Hosts[RecordedScan.Address(target)].Reason.Name());
        Assert.NotNull(scan.Hosts[RecordedScan.Address(target)].HardwareAddress);
        Assert.Equal("open syn-ack", scan.Words(target, 80));
        Assert.Equal("open syn-ack", scan.Words(target, 443));
        Assert.Equal("closed reset", scan.Words(target, 79));
        Assert.Equal("filtered no-response", scan.Words(target, 1001));
        Assert.Equal("closed reset", scan.Words(target, 1002));
        Assert.Equal("filtered port-unreach", scan.Words(target, 1003));
        Assert.Equal("filtered admin-prohibited", scan.Words(target, 1004));
        Assert.Equal("filtered host-unreach", scan.Words(target, 1005));
        Assert.Equal("filtered net-unreach", scan.Words(target, 1006));
        Assert.Equal(64, scan.Port(target, 80).TimeToLive);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
    }

    [Theory]
    [InlineData(TcpTechnique.Fin)]
    [InlineData(TcpTechnique.Null)]
    public void Seven_rejected_ports_scanned_twice_back_to_back_stay_filtered(TcpTechnique technique)
    {
        // Linux sends one ICMP error a second to each address, after the first six (icmp_ratelimit): the first scan uses them up.
        using var pair = LabPair.Create();
        pair.Target.Nft(
            "table inet filter { chain in { type filter hook input priority 0; tcp dport 1-999 reject with icmp port-unreachable; }\n}");
        var settings = Settings with { Tcp = technique, Discovery = new DiscoverySettings { Skip = true } };
        for (var run = 1; run <= 2; run++)
        {
            var scan = RecordedScan.Run(pair.Scanner, settings, "198.18.0.2", "100 200 300 400 500 700 800");

            Assert.Equal((run, 7), (run, scan.Count(PortState.Filtered)));
            Assert.Equal(0, scan.End.Losses!.Ports.Bound);
        }
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("198.18.0.1")]
    [InlineData("::1")]
    public void This_host_itself_is_scanned(string target)
    {
        using var pair = LabPair.Create();
        pair.Scanner.ListenTcp(80);
        var scan = RecordedScan.Run(pair.Scanner, Settings, target, "79-81");
        Assert.Equal(ReplyReason.LocalhostResponse, scan.Hosts[RecordedScan.Address(target)].Reason);
        Assert.Equal("closed open closed", string.Join(' ', Enumerable.Range(79, 3).Select(port => scan.Port(target, port).State.Name())));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(2)]
    public void All_ports_of_a_neighbour_are_found(int senderThreads)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp([.. Enumerable.Range(1, 100).Select(static number => number * 600)]);
        var scan = RecordedScan.Run(pair.Scanner, Settings, "198.18.0.2", "1-65535", senderThreads);
        TestContext.Current.SendDiagnosticMessage($"{senderThreads} threads: {scan.End}");
        Assert.Equal(100, scan.Count(PortState.Open));
        Assert.Equal(65435, scan.Count(PortState.Closed));
        Assert.Equal(0, scan.End.EstimatedMissRate!.Value, 1e-9);
    }

    [Fact]
    public void A_dead_neighbour_is_down_and_a_living_one_beside_it_is_scanned()
    {
        using var pair = LabPair.Create();
        var scan = RecordedScan.Run(pair.Scanner, Settings, "198.18.0.2 198.18.0.3", "80");
        Assert.Equal(HostStatus.Down, scan.Hosts[RecordedScan.Address("198.18.0.3")].Status);
        Assert.Equal("closed reset", scan.Words("198.18.0.2", 80));
    }

    [Fact]
    public void Five_percent_loss_each_way_hides_hardly_a_port_and_is_told()
    {
        // A tenth of the probes goes unanswered. After five of them a port is missed once in 100,000, and one of these 6,000 in one run of
        // twenty (two of 25 did); four or more in one of a million.
        const int MostMissed = 3;
        using var pair = LabPair.Create();
        pair.Target.ListenTcp([.. Enumerable.Range(10_001, 1000)]);
        pair.Target.Nft("""
            table inet lossy {
              chain in { type filter hook input priority -10; tcp dport 1-65535 numgen random mod 100 < 5 drop; }
              chain out { type filter hook output priority -10; meta l4proto tcp numgen random mod 100 < 5 drop; }
            }
            """);
        var scan = RecordedScan.Run(pair.Scanner, Settings, "198.18.0.2", "8001-14000");
        Assert.InRange(scan.Count(PortState.Open), 1000 - MostMissed, 1000);
        Assert.InRange(scan.Count(PortState.Closed), 5000 - MostMissed, 5000);
        Assert.InRange(scan.Count(PortState.Open) + scan.Count(PortState.Closed), 6000 - MostMissed, 6000);
        Assert.InRange(scan.End.ProbeLoss!.Value, 0.0975 * 0.75, 0.0975 * 1.25);
        Assert.InRange(scan.End.EstimatedMissRate!.Value, 0, 0.001);
    }

    [Fact]
    public void A_UDP_scan_tells_open_closed_and_silent_ports_of_a_kernel_that_limits_its_errors()
    {
        using var pair = LabPair.Create();
        pair.Target.EchoUdp(5000);
        using var silent = pair.Target.BindUdp(5001);

        // Six at once, then one in so many milliseconds; a second, the kernel's own, would only take longer.
        pair.Target.Setting("net/ipv4/icmp_ratelimit", "250");
        pair.Target.Nft("table inet filter { chain in { type filter hook input priority 0; udp dport 5002 drop; udp dport 5003 reject with "
            + "icmpx admin-prohibited; }\n}");
        var scan = RecordedScan.Run(pair.Scanner, Settings with { Tcp = TcpTechnique.None, Udp = true }, "198.18.0.2", "U:5000-5010");
        Assert.Equal("open udp-response", scan.Words("198.18.0.2", 5000, TransportProtocol.Udp));
        Assert.Equal("open|filtered no-response", scan.Words("198.18.0.2", 5001, TransportProtocol.Udp));
        Assert.Equal("open|filtered no-response", scan.Words("198.18.0.2", 5002, TransportProtocol.Udp));
        for (var port = 5004; port <= 5010; port++)
        {
            Assert.Equal("closed port-unreach", scan.Words("198.18.0.2", port, TransportProtocol.Udp));
        }
    }

    [Theory]
    [InlineData(TcpTechnique.Ack, "unfiltered reset", "unfiltered reset", "filtered no-response")]
    [InlineData(TcpTechnique.Null, "closed reset", "open|filtered no-response", "open|filtered no-response")]
    [InlineData(TcpTechnique.Fin, "closed reset", "open|filtered no-response", "open|filtered no-response")]
    [InlineData(TcpTechnique.Xmas, "closed reset", "open|filtered no-response", "open|filtered no-response")]
    public void Other_techniques_say_what_nmaps_tables_say(TcpTechnique technique, string closed, string open, string dropped)
    {
        using var pair = LabPair.Create();
        pair.Target.ListenTcp(80);
        pair.Target.Nft("table inet filter { chain in { type filter hook input priority 0; tcp dport 81 drop; }\n}");
        var scan = RecordedScan.Run(pair.Scanner, Settings with { Tcp = technique }, "198.18.0.2", "79-81");
        Assert.Equal(closed, scan.Words("198.18.0.2", 79));
        Assert.Equal(open, scan.Words("198.18.0.2", 80));
        Assert.Equal(dropped, scan.Words("198.18.0.2", 81));
    }

    [Fact]
    public void Hosts_behind_a_router_are_found_by_pings_and_scanned()
    {
        using var pair = LabPair.Create();
        using var far = new LabHost();
        LabHost.Connect(pair.Target, "far0", far, "eth0");
        pair.Target.Address("far0", "198.51.100.1/24");
        far.Address("eth0", "198.51.100.2/24");
        far.Ip("route add default via 198.51.100.1");
        pair.Target.Setting("net/ipv4/ip_forward", "1");
        pair.Scanner.Ip("route add default via 198.18.0.2");
        far.ListenTcp(80);
        var scan = RecordedScan.Run(pair.Scanner, Settings, "198.51.100.2 198.51.100.3", "79-80");
        Assert.Equal(ReplyReason.EchoReply, scan.Hosts[RecordedScan.Address("198.51.100.2")].Reason);
        Assert.Equal("closed reset", scan.Words("198.51.100.2", 79));
        Assert.Equal("open syn-ack", scan.Words("198.51.100.2", 80));
        Assert.Equal(63, scan.Port("198.51.100.2", 80).TimeToLive);
        Assert.Equal(HostStatus.Down, scan.Hosts[RecordedScan.Address("198.51.100.3")].Status);
    }
}
