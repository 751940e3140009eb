using Portolan.Model;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>Remembers what a run told its observers, as text.</summary>
internal sealed class ScanLog : IScanObserver
{
    private bool _isEnded;

    public ScanStart? Start { get; private set; }

    public ScanEnd? End { get; private set; }

    public List<string> Order { get; } = [];

    public Dictionary<string, string> Ports { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> HostStates { get; } = new(StringComparer.Ordinal);

    public Dictionary<string, string> Live { get; } = new(StringComparer.Ordinal);

    public List<string> Partial { get; } = [];

    public List<string> TimedOut { get; } = [];

    public Dictionary<string, long> StoppedAfter { get; } = new(StringComparer.Ordinal);

    public List<string> Everything { get; } = [];

    public Dictionary<string, string> Names { get; } = new(StringComparer.Ordinal);

    public List<ScanProgress> Marks { get; } = [];

    public List<string> Warnings { get; } = [];

    /// <summary>Hosts and ports as they were reported, sorted: what two runs must agree on.</summary>
    public string Results =>
        string.Join('\n', HostStates.Concat(Ports).Select(pair => $"{pair.Key} {pair.Value}").Order(StringComparer.Ordinal));

    public void Started(ScanStart run) => Start = run;

    public void HostFound(HostResult host) => Live[host.Target.Address.ToString()] = host.Status.ToString();

    public void PortFound(Target target, in PortResult port) => Live[$"{target.Address} {Name(port.Port)}"] = port.State.Name();

    public void HostFinished(HostReport report)
    {
        Assert.False(_isEnded);
        var address = report.Host.Target.Address.ToString();
        Order.Add(address);
        HostStates.Add(address, $"{report.Host.Status} {report.Host.Reason.Name()}");
        if (report.IsPartial)
        {
            Partial.Add(address);
        }

        if (report.StoppedAfter is { } probes)
        {
            StoppedAfter[address] = probes;
        }

        if (report.IsTimedOut)
        {
            TimedOut.Add(address);
        }

        if (report.AnswersEverything)
        {
            Everything.Add(address);
        }

        if (report.ReverseName is { } name)
        {
            Names.Add(address, name);
        }

        var groups = report.Groups.Sum(group => group.Ports.Count);
        report.ForEachPort(port => Ports.Add($"{address} {Name(port.Port)}", $"{port.State.Name()} {port.Reason.Name()}"));
        Assert.Equal(Ports.Keys.Count(key => key.StartsWith(address + " ", StringComparison.Ordinal)), groups);
    }

    public void Progress(ScanProgress progress) => Marks.Add(progress);

    public void Warning(string message) => Warnings.Add(message);

    public void Ended(ScanEnd balance)
    {
        Assert.False(_isEnded);
        (_isEnded, End) = (true, balance);
    }

    private static string Name(ProbePort port) => $"{(port.Protocol == TransportProtocol.Udp ? "U:" : "")}{port.Port.Value}";
}
