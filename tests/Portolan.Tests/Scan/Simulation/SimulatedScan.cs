using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Simulation;

/// <summary>A whole run over a simulated network, and what its observers heard.</summary>
internal sealed class SimulatedScan : IScanObserver
{
    private readonly Dictionary<(InternetAddress, ProbePort), PortResult> _ports = [];

    internal ScanEnd End { get; private set; } = null!;

    internal Dictionary<InternetAddress, HostResult> Hosts { get; } = [];

    internal HashSet<InternetAddress> AnswersEverything { get; } = [];

    internal HashSet<InternetAddress> Partial { get; } = [];

    internal List<string> Warnings { get; } = [];

    internal TimeSpan Elapsed { get; private set; }

    /// <summary>Runs a scan of addresses and ports.</summary>
    internal static SimulatedScan Run(SimulatedNetwork network, ScanSettings settings, IReadOnlyList<string> addresses, IReadOnlyList<ProbePort> ports)
    {
        var scan = new SimulatedScan();
        using var prober = new RawProber(network, network.Time, settings);
        var run = new ScanRun
        {
            Plan = new ListedPlan(addresses, new ProbePorts(ports)),
            Settings = settings,
            Prober = prober,
            Observers = [scan],
            Clock = network.Time,
            Why = "simulation",
        };
        run.Run(CancellationToken.None);
        scan.Elapsed = network.Time.Elapsed;
        return scan;
    }

    internal static ProbePort[] Tcp(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(static port => new ProbePort(TransportProtocol.Tcp, new PortNumber((ushort)port)))];

    internal static ProbePort[] Udp(int first, int last) =>
        [.. Enumerable.Range(first, last - first + 1).Select(static port => new ProbePort(TransportProtocol.Udp, new PortNumber((ushort)port)))];

    internal PortResult Port(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        _ports.GetValueOrDefault((SimulatedNetwork.Address(address), new ProbePort(protocol, new PortNumber((ushort)port))));

    internal PortState State(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) => Port(address, port, protocol).State;

    internal int Count(PortState state)
    {
        var count = 0;
        foreach (var port in _ports.Values)
        {
            count += port.State == state ? 1 : 0;
        }

        return count;
    }

    void IScanObserver.Started(ScanStart run)
    {
    }

    void IScanObserver.HostFound(HostResult host) => Hosts[host.Target.Address] = host;

    void IScanObserver.PortFound(Target target, in PortResult port)
    {
    }

    void IScanObserver.HostFinished(HostReport report)
    {
        var address = report.Host.Target.Address;
        Hosts[address] = report.Host;
        report.ForEachPort(port => _ports[(address, port.Port)] = port);
        if (report.AnswersEverything)
        {
            AnswersEverything.Add(address);
        }

        if (report.IsPartial)
        {
            Partial.Add(address);
        }
    }

    void IScanObserver.Progress(ScanProgress progress)
    {
    }

    void IScanObserver.Warning(string message) => Warnings.Add(message);

    void IScanObserver.Ended(ScanEnd balance) => End = balance;

    private sealed class ListedPlan(IReadOnlyList<string> addresses, ProbePorts ports) : ITargetPlan
    {
        public ulong HostCount => (ulong)addresses.Count;

        public ulong ProbeCount => (ulong)addresses.Count * (ulong)ports.Count;

        public Target HostAt(ulong host) => new(SimulatedNetwork.Address(addresses[(int)host]), 0, null);

        public ProbePorts PortsOf(ulong host) => ports;
    }
}
