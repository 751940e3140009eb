using Portolan.Lab.Running;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Lab.Scenarios.Scanning;

/// <summary>Portolan's raw scanner at the vantage of a lab, and what it found.</summary>
internal sealed class StageScan : IScanObserver
{
    private readonly Dictionary<(InternetAddress, ProbePort), PortResult> _ports = [];

    private StageScan()
    {
    }

    /// <summary>Its balance.</summary>
    internal ScanEnd End { get; private set; } = null!;

    /// <summary>Scans ports of addresses; the lab's time goes on meanwhile.</summary>
    /// <param name="stage">Where.</param>
    /// <param name="addresses">The hosts.</param>
    /// <param name="ports">The ports.</param>
    /// <param name="protocol">Their protocol.</param>
    /// <param name="isShown">Each packet is part of the lesson: no port that has answered is asked again to measure the loss.</param>
    internal static Task<StageScan> RunAsync(
        ScenarioStage stage, IReadOnlyList<InternetAddress> addresses, PortSet ports, TransportProtocol protocol, bool isShown = false) =>
        stage.RunOutsideAsync(network => Run(network, stage.Time, addresses, ports, new ScanSettings
        {
            Seed = stage.Network.Seed,
            Tcp = protocol == TransportProtocol.Tcp ? TcpTechnique.Syn : TcpTechnique.None,
            Udp = protocol == TransportProtocol.Udp,
            Discovery = new DiscoverySettings { Skip = true },
        }, new RawProberOptions { SendsControlProbes = !isShown }));

    /// <summary>What it says of a port; <c>null</c> when it has not judged it.</summary>
    internal PortResult? Of(InternetAddress address, TransportProtocol protocol, PortNumber port) =>
        _ports.TryGetValue((address, new ProbePort(protocol, port)), out var found) ? found : null;

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

    /// <summary>Scans ports of addresses over a network whose time it drives itself.</summary>
    internal static StageScan Run(
        VantageNetwork network, TimeProvider time, IReadOnlyList<InternetAddress> addresses, PortSet ports, ScanSettings settings,
        RawProberOptions? options = null)
    {
        using var prober = new RawProber(network, time, settings, options);
        return Run(prober, time, addresses, ports, settings);
    }

    /// <summary>Scans ports of addresses by a prober that drives time itself.</summary>
    internal static StageScan Run(
        IGroupProber prober, TimeProvider time, IReadOnlyList<InternetAddress> addresses, PortSet ports, ScanSettings settings)
    {
        var protocol = settings.Udp ? TransportProtocol.Udp : TransportProtocol.Tcp;
        var scan = new StageScan();
        new ScanRun
        {
            Plan = new ListedTargets(addresses, new ProbePorts([.. ports.Select(p => new ProbePort(protocol, p))])),
            Settings = settings,
            Prober = prober,
            Observers = [scan],
            Clock = time,
            Why = "a lab in the same process",
        }.Run(CancellationToken.None);
        return scan;
    }

    private sealed class ListedTargets(IReadOnlyList<InternetAddress> addresses, ProbePorts ports) : ITargetPlan
    {
        public ulong HostCount => (ulong)addresses.Count;

        public ulong ProbeCount => (ulong)addresses.Count * (ulong)ports.Count;

        public Target HostAt(ulong host) => new(addresses[(int)host], 0, null);

        public ProbePorts PortsOf(ulong host) => ports;
    }
}
