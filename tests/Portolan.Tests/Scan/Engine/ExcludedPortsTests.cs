using Portolan.Model;
using Portolan.Packets;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Engine;

/// <summary>What the person excluded gets none of the engine's own probes either.</summary>
public class ExcludedPortsTests
{
    private static readonly ProbePorts Scanned = new([new ProbePort(TransportProtocol.Tcp, new PortNumber(22))]);

    [Fact]
    public void Hosts_are_found_at_other_ports_where_the_usual_ones_are_excluded()
    {
        var nothingNamed = new DiscoverySettings { IsDefault = false, Echo = true };
        Assert.Equal([80, 443], Numbers(DiscoveryTable.PortsFor(nothingNamed)));
        Assert.Equal([443, 22], Numbers(DiscoveryTable.PortsFor(nothingNamed, Set("80"))));
        Assert.Equal([3389, 8080], Numbers(DiscoveryTable.PortsFor(nothingNamed, Set("22,80,443"))));
        Assert.Empty(DiscoveryTable.PortsFor(nothingNamed, Set("1-65535")));
    }

    [Fact]
    public void Ports_chosen_at_random_are_never_excluded_ones()
    {
        Assert.True(InternetAddress.TryParse("198.18.0.2", out var address));
        for (var seed = 0UL; seed < 200; seed++)
        {
            var random = SipHash.FromSeed(seed);
            Assert.All(HighPorts.Choose(random, address, Scanned, Set("49152-65000")), static port => Assert.InRange(port, 65001, 65535));
            Assert.Empty(HighPorts.Choose(random, address, Scanned, Set("49152-65535")));
            Assert.Equal(HighPorts.Count, HighPorts.Choose(random, address, Scanned, null).Length);
        }
    }

    private static PortSet Set(string text) => PortSet.Parse(text);

    private static int[] Numbers(IReadOnlyList<ProbePort> ports) => [.. ports.Select(static port => (int)port.Port.Value)];
}
