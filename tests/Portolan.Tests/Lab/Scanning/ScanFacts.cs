using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>What the observers of a run heard.</summary>
internal sealed class ScanFacts : IScanObserver
{
    private readonly Dictionary<(InternetAddress, ProbePort), PortResult> _ports = [];

    internal Action<PortResult>? OnPort { get; init; }

    internal Action<ScanProgress>? OnProgress { get; init; }

    internal ScanEnd End { get; private set; } = null!;

    internal Dictionary<InternetAddress, HostResult> Hosts { get; } = [];

    internal HashSet<InternetAddress> AnswersEverything { get; } = [];

    internal Dictionary<InternetAddress, long> StoppedAfter { get; } = [];

    internal List<string> Warnings { get; } = [];

    internal List<ScanProgress> ProgressTold { get; } = [];

    internal TimeSpan Elapsed => End.Elapsed;

    /// <summary>What it says of a port; <c>null</c> when it has not judged it.</summary>
    internal PortResult? Of(InternetAddress address, ProbePort port) => _ports.TryGetValue((address, port), out var found) ? found : null;

    internal PortResult Port(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        Of(ScanLab.Address(address), new ProbePort(protocol, new PortNumber((ushort)port))) ?? default;

    internal PortState State(string address, int port, TransportProtocol protocol = TransportProtocol.Tcp) =>
        Port(address, port, protocol).State;

    internal int Count(PortState state) => _ports.Values.Count(port => port.State == state);

    void IScanObserver.Started(ScanStart run)
    {
    }

    void IScanObserver.HostFound(HostResult host) => Hosts[host.Target.Address] = host;

    void IScanObserver.PortFound(Target target, in PortResult port) => OnPort?.Invoke(port);

    void IScanObserver.HostFinished(HostReport report)
    {
        var address = report.Host.Target.Address;
        Hosts[address] = report.Host;
        report.ForEachPort(port => _ports[(address, port.Port)] = port);
        if (report.StoppedAfter is { } probes)
        {
            StoppedAfter[address] = probes;
        }

        if (report.AnswersEverything)
        {
            AnswersEverything.Add(address);
        }
    }

    void IScanObserver.Progress(ScanProgress progress)
    {
        ProgressTold.Add(progress);
        OnProgress?.Invoke(progress);
    }

    void IScanObserver.Warning(string message) => Warnings.Add(message);

    void IScanObserver.Ended(ScanEnd balance) => End = balance;
}
