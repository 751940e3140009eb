using System.Globalization;
using Portolan.Linux.Connecting;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Kernel.Tests.Scan;

/// <summary>A connect scan through the real kernel, in the calling thread's namespace, and what observers heard of it.</summary>
internal sealed class ConnectScan : IScanObserver
{
    private readonly Dictionary<string, Dictionary<string, PortResult>> _hosts = new(StringComparer.Ordinal);

    internal ScanStart? Start { get; private set; }

    internal ScanEnd? End { get; private set; }

    /// <summary>The sockets of the scanner's network namespace when the scan ended, before its connectors are closed.</summary>
    internal int SocketsAtEnd { get; private set; }

    internal List<string> Warnings { get; } = [];

    internal Dictionary<string, HostResult> Hosts { get; } = new(StringComparer.Ordinal);

    internal List<string> FoundLive { get; } = [];

    internal Dictionary<string, bool> Partial { get; } = new(StringComparer.Ordinal);

    internal Dictionary<string, bool> AnswersEverything { get; } = new(StringComparer.Ordinal);

    /// <summary>Such as <c>open syn-ack</c> for <c>80</c> or <c>U:53</c>; <c>null</c> when the port was not judged.</summary>
    internal string? this[string host, string port] =>
        _hosts.TryGetValue(host, out var ports) && ports.TryGetValue(port, out var result)
            ? $"{result.State.Name()} {result.Reason.Name()}"
            : null;

    internal PortResult Port(string host, string port) => _hosts[host][port];

    internal int Count(string host, PortState state) => _hosts[host].Values.Count(result => result.State == state);

    internal static ScanSettings Settings(bool udp = false) => new()
    {
        Seed = 1,
        Tcp = udp ? TcpTechnique.None : TcpTechnique.Connect,
        Udp = udp,
        Discovery = new DiscoverySettings { Skip = true },
    };

    /// <summary>Runs a scan of targets and ports in nmap's grammar.</summary>
    internal static ConnectScan Run(
        string targets, string ports, ScanSettings? settings = null, KernelConnectorOptions? options = null, int cores = 2,
        CancellationToken? cancellation = null)
    {
        settings ??= Settings();
        var grammar = new PortGrammar(settings.Tcp != TcpTechnique.None, settings.Udp, ServiceRegistry.BuiltIn);
        var builder = new TargetPlanBuilder(new TargetOptions
        {
            Ports = grammar.Parse(ports, "-p"),
            PortGrammar = grammar,
            FindInterface = _ => null,
        });
        foreach (var word in targets.Split(' '))
        {
            builder.Add(word);
        }

        options ??= new KernelConnectorOptions { Shares = cores };
        var scan = new ConnectScan();
        using var prober = new ConnectProber(
            () => KernelConnector.Open(options, TimeProvider.System), cores, settings, TimeProvider.System, new UdpPayloads(settings.Seed));
        new ScanRun
        {
            Plan = builder.Build(),
            Settings = settings,
            Prober = prober,
            Observers = [scan],
            Clock = TimeProvider.System,
            Why = "the test says so",
        }.Run(cancellation ?? TestContext.Current.CancellationToken);
        return scan;
    }

    public void Started(ScanStart run) => Start = run;

    public void HostFound(HostResult host)
    {
    }

    public void PortFound(Target target, in PortResult port) => FoundLive.Add(Name(port.Port));

    public void HostFinished(HostReport report)
    {
        var name = report.Host.Target.Address.ToString();
        Hosts[name] = report.Host;
        Partial[name] = report.IsPartial;
        AnswersEverything[name] = report.AnswersEverything;
        var ports = _hosts[name] = new Dictionary<string, PortResult>(StringComparer.Ordinal);
        report.ForEachPort(port => ports.Add(Name(port.Port), port));
    }

    public void Progress(ScanProgress progress)
    {
    }

    public void Warning(string message) => Warnings.Add(message);

    public void Ended(ScanEnd balance)
    {
        End = balance;

        // Its first line is the sockets of this namespace (net/ipv4/proc.c): "sockets: used 12".
        SocketsAtEnd = int.Parse(
            File.ReadLines("/proc/thread-self/net/sockstat").First().Split(' ')[^1], CultureInfo.InvariantCulture);
    }

    private static string Name(ProbePort port) => port.Protocol == TransportProtocol.Udp ? $"U:{port.Port.Value}" : $"{port.Port.Value}";
}
