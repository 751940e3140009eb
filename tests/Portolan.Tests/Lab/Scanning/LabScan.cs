using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>Portolan's raw scanner over a lab in virtual time, judged by the lab's truth.</summary>
internal sealed class LabScan : IScanObserver
{
    private readonly Dictionary<(InternetAddress, ProbePort), PortResult> _ports = [];

    internal ScanEnd End { get; private set; } = null!;

    internal long Sent { get; private set; }

    /// <summary>Scans ports of addresses.</summary>
    internal static async Task<LabScan> RunAsync(LabTopology topology, ulong seed, ScanSettings settings, IReadOnlyList<InternetAddress> addresses, PortSet ports, TransportProtocol protocol)
    {
        await using var lab = new VirtualNetwork(topology, new VirtualNetworkOptions { Seed = seed, IsVirtualTime = true });
        var network = lab.OpenVantage();
        var scan = new LabScan();
        using var prober = new RawProber(network, lab.Time, settings);
        new ScanRun
        {
            Plan = new ListedPlan(addresses, new ProbePorts([.. ports.Select(p => new ProbePort(protocol, p))])),
            Settings = settings,
            Prober = prober,
            Observers = [scan],
            Clock = lab.Time,
            Why = "test",
        }.Run(CancellationToken.None);
        scan.Sent = network.SentCount;
        return scan;
    }

    /// <summary>What differs from the truth; ports that vary are left out.</summary>
    internal List<string> Differences(LabTruth truth, ProbeType type, IReadOnlyList<InternetAddress> addresses, PortSet ports)
    {
        var wrong = new List<string>();
        var protocol = type == ProbeType.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
        foreach (var address in addresses)
        {
            foreach (var port in ports)
            {
                var expected = truth.PortOf(address, type, port);
                var found = _ports.GetValueOrDefault((address, new ProbePort(protocol, port)));
                if (expected is { Varies: false } && !expected.Accepts(found.State, found.Reason))
                {
                    wrong.Add($"{address} port {port}/{protocol}: truth {expected.State}, scan {found.State} {found.Reason}");
                }
            }
        }

        return wrong;
    }

    void IScanObserver.Started(ScanStart run)
    {
    }

    void IScanObserver.HostFound(HostResult host)
    {
    }

    void IScanObserver.PortFound(Target target, in PortResult port)
    {
    }

    void IScanObserver.HostFinished(HostReport report)
    {
        var address = report.Host.Target.Address;
        report.ForEachPort(port => _ports[(address, port.Port)] = port);
    }

    void IScanObserver.Progress(ScanProgress progress)
    {
    }

    void IScanObserver.Warning(string message)
    {
    }

    void IScanObserver.Ended(ScanEnd balance) => End = balance;

    private sealed class ListedPlan(IReadOnlyList<InternetAddress> addresses, ProbePorts ports) : ITargetPlan
    {
        public ulong HostCount => (ulong)addresses.Count;

        public ulong ProbeCount => (ulong)addresses.Count * (ulong)ports.Count;

        public Target HostAt(ulong host) => new(addresses[(int)host], 0, null);

        public ProbePorts PortsOf(ulong host) => ports;
    }
}
