using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Portolan's scanner over the sample scan-me, of which every twentieth packet is lost each way.</summary>
public sealed class ScanMeScanTests
{
    private static readonly PortSet Ports = PortSet.Parse("1-1024");

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(1UL)]
    [InlineData(2UL)]
    [InlineData(3UL)]
    [InlineData(4UL)]
    [InlineData(5UL)]
    public async Task All_states_are_right_in_spite_of_loss(ulong seed)
    {
        var topology = LabLibrary.Load("scan-me");
        topology = topology with
        {
            Networks = [.. topology.Networks.Select(
            static n =>
                n.Name == "desk" ? n with { Quality = n.Quality with { Loss = 0.05, Latency = TimeSpan.FromMilliseconds(5) } } : n)]
        };
        var truth = LabTruth.Create(topology);
        List<InternetAddress> addresses = [.. truth.Spans.Where(static s => s.Role != AddressRole.Vantage).SelectMany(
            static s => Enumerable.Range(0, (int)s.Addresses.Count).Select(i => s.Addresses.First.Plus((ulong)i)))];
        var settings = new ScanSettings { Seed = seed, Discovery = new DiscoverySettings { Skip = true } };

        var scan = await LabScan.RunAsync(topology, seed, settings, addresses, Ports);

        Assert.Empty(scan.Differences(truth, ProbeType.Syn, addresses, Ports));
    }
}
