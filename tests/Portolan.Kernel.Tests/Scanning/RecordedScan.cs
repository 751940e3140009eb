using System.Globalization;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Routing;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Raw;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Kernel.Tests.Scanning;

/// <summary>A raw scan from a host of the lab, and what its observers heard.</summary>
internal sealed class RecordedScan : IScanObserver
{
    private readonly Dictionary<(InternetAddress, ProbePort), PortResult> _ports = [];

    internal Dictionary<InternetAddress, HostResult> Hosts { get; } = [];

    internal Dictionary<InternetAddress, HostTrace> Traces { get; } = [];

    internal List<string> Warnings { get; } = [];

    internal HashSet<InternetAddress> AnswersEverything { get; } = [];

    internal ScanEnd End { get; private set; } = null!;

    internal static RecordedScan Run(
        LabHost from, ScanSettings settings, string addresses, string ports, int senderThreads = 0, bool tracesRoutes = false,
        IReadOnlyList<IScanObserver>? others = null) => from.Run(() =>
    {
        using var network = new KernelNetwork(TimeProvider.System);
        using var prober = new RawProber(network, TimeProvider.System, settings, new RawProberOptions { SenderThreads = senderThreads });
        return Run(prober, tracesRoutes ? prober : null, settings, addresses, ports, others);
    });

    /// <summary>A scan by any prober, in the namespace of the calling thread.</summary>
    internal static RecordedScan Run(
        IGroupProber prober, IRouteTracer? tracer, ScanSettings settings, string addresses, string ports,
        IReadOnlyList<IScanObserver>? others = null)
    {
        var scan = new RecordedScan();
        new ScanRun
        {
            Plan = new ListedPlan(addresses.Split(' '), new ProbePorts(Ports(ports))),
            Settings = settings,
            Prober = prober,
            Tracer = tracer,
            Observers = [scan, .. others ?? []],
            Clock = TimeProvider.System,
            Why = "test",
        }.Run(CancellationToken.None);
        return scan;
    }

    internal static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    internal PortResult Port(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        _ports.GetValueOrDefault((Address(address), new ProbePort(protocol, new PortNumber((ushort)port))));

    /// <summary>Such as <c>open syn-ack</c>.</summary>
    internal string Words(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp)
    {
        var result = Port(address, port, protocol);
        return $"{result.State.Name()} {result.Reason.Name()}";
    }

    internal int Count(PortState state) => _ports.Values.Count(port => port.State == state);

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
        if (report.Trace is { } trace)
        {
            Traces[address] = trace;
        }

        if (report.AnswersEverything)
        {
            AnswersEverything.Add(address);
        }
    }

    void IScanObserver.Progress(ScanProgress progress)
    {
    }

    void IScanObserver.Warning(string message) => Warnings.Add(message);

    void IScanObserver.Ended(ScanEnd balance) => End = balance;

    // Such as "80 443 1-100 U:53".
    private static List<ProbePort> Ports(string text)
    {
        var ports = new List<ProbePort>();
        foreach (var word in text.Split(' '))
        {
            var protocol = word.StartsWith("U:", StringComparison.Ordinal) ? TransportProtocol.Udp : TransportProtocol.Tcp;
            var range = word.Replace("U:", "", StringComparison.Ordinal).Split('-');
            var first = int.Parse(range[0], CultureInfo.InvariantCulture);
            for (var port = first; port <= int.Parse(range[^1], CultureInfo.InvariantCulture); port++)
            {
                ports.Add(new ProbePort(protocol, new PortNumber((ushort)port)));
            }
        }

        return ports;
    }

    private sealed class ListedPlan(string[] addresses, ProbePorts ports) : ITargetPlan
    {
        public ulong HostCount => (ulong)addresses.Length;

        public ulong ProbeCount => (ulong)addresses.Length * (ulong)ports.Count;

        public Target HostAt(ulong host) => new(Address(addresses[host]), 0, null);

        public ProbePorts PortsOf(ulong host) => ports;
    }
}
