using Portolan.Lab.Running;
using Portolan.Lab.Scenarios.Scanning;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Portolan's raw scanner over a lab in virtual time, judged by the lab's truth.</summary>
internal sealed class LabScan
{
    private readonly StageScan _scan;

    private LabScan(StageScan scan) => _scan = scan;

    /// <summary>Scans ports of addresses, by TCP or UDP as the settings say.</summary>
    internal static async Task<LabScan> RunAsync(LabTopology topology, ulong seed, ScanSettings settings, IReadOnlyList<InternetAddress> addresses, PortSet ports)
    {
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { Seed = seed, IsVirtualTime = true });
        return new LabScan(StageScan.Run(lab.OpenVantage(), lab.Time, addresses, ports, settings));
    }

    /// <summary>What differs from the truth; ports that vary are left out.</summary>
    internal List<string> Differences(LabTruth truth, ProbeType type, IReadOnlyList<InternetAddress> addresses, PortSet ports) =>
        TruthDifferences.Find(truth, type, addresses, ports, (address, port) => _scan.Of(address, port.Protocol, port.Port));
}
