using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Writing;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>
/// Whatever the topology, its truth is what Portolan's scanner finds in the running lab: policies, firewalls, forwarded ports, routers,
/// absent hosts. So the lab, the truth and the scanner prove each other.
/// </summary>
public sealed class TruthIsScanTests
{
    /// <summary>More with PORTOLAN_LONG.</summary>
    private static readonly int Count = Environment.GetEnvironmentVariable("PORTOLAN_LONG") is null ? 8 : 1000;

    [Fact]
    public Task Tcp_ports() => CheckAllAsync(ProbeType.Syn, new ScanSettings
    {
        Seed = 1,
        Discovery = new DiscoverySettings { Skip = true },
    });

    [Fact]
    public Task Tcp_ports_by_ack() =>
        CheckAllAsync(ProbeType.Ack, new ScanSettings
        {
            Seed = 1,
            Tcp = TcpTechnique.Ack,
            Discovery = new DiscoverySettings { Skip = true },
        });

    [Trait("Quick", "no")]
    [Theory]
    [InlineData(TcpTechnique.Fin)]
    [InlineData(TcpTechnique.Null)]
    [InlineData(TcpTechnique.Xmas)]
    public Task Tcp_ports_by_segments_without_SYN_ACK_or_RST(TcpTechnique technique) =>
        CheckAllAsync(ProbeType.Fin, new ScanSettings { Seed = 1, Tcp = technique, Discovery = new DiscoverySettings { Skip = true } });

    [Fact]
    public Task Tcp_ports_by_connections() => CheckAllAsync(
        ProbeType.Connect, new ScanSettings { Seed = 1, Tcp = TcpTechnique.Connect, Discovery = new DiscoverySettings { Skip = true } },
        LabScan.ConnectAsync);

    [Fact]
    public Task Udp_ports() =>
        CheckAllAsync(ProbeType.Udp, new ScanSettings
        {
            Seed = 1,
            Tcp = TcpTechnique.None,
            Udp = true,
            Discovery = new DiscoverySettings { Skip = true },
        });

    private static Task CheckAllAsync(ProbeType type, ScanSettings settings) => CheckAllAsync(type, settings, LabScan.RunAsync);

    private static async Task CheckAllAsync(
        ProbeType type, ScanSettings settings,
        Func<LabTopology, ulong, ScanSettings, IReadOnlyList<InternetAddress>, PortSet, Task<LabScan>> run)
    {
        for (var seed = 1UL; seed <= (ulong)Count; seed++)
        {
            var topology = RandomTopology.Of(seed, isSteady: true);
            var truth = LabTruth.Create(topology);
            var addresses = Pick(truth, new Random((int)seed));
            var scan = await run(topology, seed, settings, addresses, RandomTopology.Ports);
            var differences = scan.Differences(truth, type, addresses, RandomTopology.Ports);

            Assert.True(
                differences.Count == 0,
                $"seed {seed}: {differences.Count} differ\n{string.Join('\n', differences.Take(20))}\n{TopologyWriter.Write(topology)}");
        }
    }

    /// <summary>Some addresses of every span.</summary>
    private static List<InternetAddress> Pick(LabTruth truth, Random random)
    {
        var picked = new List<InternetAddress>();
        foreach (var span in truth.Spans.Where(static s => s.Role != AddressRole.Vantage).OrderBy(_ => random.Next()).Take(12))
        {
            picked.Add(span.Addresses.First);
            if (span.Addresses.Last != span.Addresses.First && span.Role == AddressRole.Host)
            {
                picked.Add(span.Addresses.Last);
            }
        }

        return picked;
    }
}
