using Portolan.Cli.Scanning.Live;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Results;
using Portolan.Tests.Lab.Scanning;
using Portolan.Tests.Scan.Connecting;
using Portolan.Tests.Support;

namespace Portolan.Tests.Scan.Engine;

/// <summary>Hosts that answer and then drop all that comes from the scanner: a block, which is another thing than a limit.</summary>
public sealed class StoppedHostTests
{
    private const string Host = "198.18.0.2";
    private const int Ports = 1000;
    private const int Until = 100;

    [Theory]
    [InlineData(0)]
    [InlineData(0.05)]
    public void A_scan_with_packets_says_that_a_host_stopped_and_after_how_many_probes(double loss) => Fuzz.Run(3, (_, seed) =>
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Host}, ports: {{ \"{ScanLab.Ports(Ports, static port => port % 5 == 0)}\": open }} }}", seed, loss,
            alwaysFindsNeighbours: true);
        lab.Vantage.BlocksAfter = Until;
        var scan = lab.Scan(Settings(seed), [Host], ScanLab.Tcp(1, Ports));

        // Its kernel's RSTs to SYN-ACKs count as packets too, and so do control probes.
        Assert.InRange(scan.StoppedAfter[ScanLab.Address(Host)], Until / 3, Until * 1.2);
        Assert.InRange(scan.Count(PortState.Open), 3, 40);
        Assert.Equal(0, scan.Count(PortState.Filtered));
        AssertStopped(scan.End);
        Assert.InRange(scan.End.Elapsed.TotalSeconds, 0, 15);
    });

    [Theory]
    [InlineData(50)]
    [InlineData(5)]
    public void A_limit_on_RSTs_is_no_block(int perSecond) => Fuzz.Run(2, (_, seed) =>
    {
        using var lab = new ScanLab($"host: {{ address: {Host} }}", seed, alwaysFindsNeighbours: true, resetsPerSecond: perSecond);

        var scan = lab.Scan(Settings(seed), [Host], ScanLab.Tcp(1, perSecond * 10));

        Assert.Empty(scan.StoppedAfter);
        Assert.Equal(0, scan.End.Losses!.StoppedHosts);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
    });

    [Theory]
    [InlineData(0)]
    [InlineData(0.3)]
    public void A_firewall_that_drops_most_ports_is_no_block(double loss) => Fuzz.Run(4, (_, seed) =>
    {
        using var lab = new ScanLab(
            $"host: {{ address: {Host}, default: filtered, ports: {{ \"22,80,443\": open, 113: closed }} }}", seed, loss,
            alwaysFindsNeighbours: true);

        var scan = lab.Scan(Settings(seed), [Host], ScanLab.Tcp(1, Ports));

        Assert.Empty(scan.StoppedAfter);
        Assert.True(scan.End.IsComplete, scan.End.Incomplete);
    });

    [Fact]
    public void A_scan_by_connections_says_so_too() => Fuzz.Run(5, (_, seed) =>
    {
        var made = 0;
        var network = new SimulatedNetwork(seed);
        network.OnAttempt = count => made = count;
        network.TruthOf = (_, _, port) => made >= Until ? Truth.Silent : port % 5 == 0 ? Truth.Open : Truth.Closed;

        var log = SimulatedScan.Run(network, Host, $"1-{Ports}", SimulatedScan.Settings((ulong)seed));

        Assert.InRange(log.StoppedAfter[Host], Until * 0.9, Until * 1.1);
        Assert.Equal(Until, log.Ports.Count);
        AssertStopped(log.End!);
    });

    [Fact]
    public void A_firewall_that_drops_most_ports_does_not_block_connections() => Fuzz.Run(20, (_, seed) =>
    {
        var network = new SimulatedNetwork(seed) { TruthOf = static (_, _, port) => port is 22 or 80 or 443 ? Truth.Open : Truth.Silent };

        var log = SimulatedScan.Run(network, Host, $"1-{Ports}", SimulatedScan.Settings((ulong)seed));

        Assert.Empty(log.StoppedAfter);
        Assert.Equal(Ports, log.Ports.Count);
        Assert.True(log.End!.IsComplete);
    });

    private static ScanSettings Settings(int seed) => new() { Seed = (ulong)seed, Discovery = new DiscoverySettings { Skip = true } };

    private static void AssertStopped(ScanEnd end)
    {
        var losses = end.Losses!;
        Assert.Equal((1, 0), (losses.StoppedHosts, losses.Limits.Hosts));
        Assert.Equal("some hosts stopped answering", end.Incomplete);
        Assert.Equal(Ports, losses.Ports.Found + losses.Ports.Silent + losses.Ports.Unfinished);
        Assert.InRange(losses.Ports.Bound!.Value, (double)losses.Ports.Unfinished / Ports, 1);
        Assert.Contains(LossWording.Of(end), static line => line.StartsWith("Stopped: 1 host ", StringComparison.Ordinal));
    }
}
