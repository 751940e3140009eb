using Portolan.Lab.Running;
using Portolan.Lab.Scenarios.Scanning;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Probes.Payloads;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Portolan's scanner over a lab in virtual time, judged by the lab's truth.</summary>
internal sealed class LabScan
{
    private readonly StageScan _scan;

    private LabScan(StageScan scan) => _scan = scan;

    /// <summary>Scans ports of addresses, by TCP or UDP as the settings say.</summary>
    internal static async Task<LabScan> RunAsync(
        LabTopology topology, ulong seed, ScanSettings settings, IReadOnlyList<InternetAddress> addresses, PortSet ports)
    {
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { Seed = seed, IsVirtualTime = true });
        return new LabScan(StageScan.Run(lab.OpenVantage(), lab.Time, addresses, ports, settings));
    }

    /// <summary>The same by connections of a host that stands where the vantage is.</summary>
    internal static async Task<LabScan> ConnectAsync(
        LabTopology topology, ulong seed, ScanSettings settings, IReadOnlyList<InternetAddress> addresses, PortSet ports)
    {
        const string Scanner = "scanner";
        var vantage = topology.ResolveVantage();
        var scanner = new HostSpec
        {
            Name = Scanner,
            Network = vantage.Network,
            Addresses = [.. vantage.Addresses.Select(static a => new AddressRange(a, a))],
        };
        await using var lab =
            new VirtualNetwork(topology with { Vantage = null, Hosts = [.. topology.Hosts, scanner] }, new VirtualNetworkOptions
            {
                Seed = seed,
                IsVirtualTime = true,
            });
        using var prober = new ConnectProber(() => new LabConnector(lab, Scanner), 1, settings, lab.Time, new UdpPayloads(settings.Seed));
        return new LabScan(StageScan.Run(prober, lab.Time, addresses, ports, settings));
    }

    /// <summary>What differs from the truth; ports that vary are left out.</summary>
    internal List<string> Differences(LabTruth truth, ProbeType type, IReadOnlyList<InternetAddress> addresses, PortSet ports) =>
        TruthDifferences.Find(truth, type, addresses, ports, (address, port) => _scan.Of(address, port.Protocol, port.Port));
}
