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
}
