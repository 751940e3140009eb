using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Connecting;
using Portolan.Scan.Journal;
using Portolan.Scan.Names;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;
using Portolan.Scan.Targets;

namespace Portolan.Tests.Scan.Connecting;

/// <summary>Connect scans of a simulated network.</summary>
internal static class SimulatedScan
{
    internal static ScanSettings Settings(ulong seed = 1) => new()
    {
        Seed = seed,
        Tcp = TcpTechnique.Connect,
        Discovery = new DiscoverySettings { Skip = true },
    };

    internal static TargetPlan Plan(string targets, string ports, ScanSettings settings)
    {
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

        return builder.Build();
    }

    internal static ScanLog Run(
        SimulatedNetwork network, string targets, string ports, ScanSettings? settings = null, CancellationTokenSource? interrupt = null,
        IReverseNames? names = null,
        Func<InternetAddress, bool>? isRouted = null, params IScanObserver[] others)
    {
        settings ??= Settings();
        return Run(network, Plan(targets, ports, settings), settings, null, interrupt, names, isRouted, others);
    }

    internal static ScanLog Run(
        SimulatedNetwork network, TargetPlan plan, ScanSettings settings, ScanJournal? journal, CancellationTokenSource? interrupt = null,
        IReverseNames? names = null,
        Func<InternetAddress, bool>? isRouted = null, params IScanObserver[] others)
    {
        var log = new ScanLog();
        using var prober = new ConnectProber(
            () => new SimulatedConnector(network), 1, settings, network.Clock, new UdpPayloads(settings.Seed))
        { IsRouted = isRouted };
        var end = new ScanRun
        {
            Plan = plan,
            Settings = settings,
            Prober = prober,
            Observers = [.. others, log],
            Clock = network.Clock,
            Why = "simulated",
            Journal = journal,
            Names = names,
        }.Run(interrupt?.Token ?? TestContext.Current.CancellationToken);
        Assert.Equal(end, log.End);
        return log;
    }

    /// <summary>What a complete scan without loss must say of a port.</summary>
    internal static string Expected(Truth truth, bool isUdp) => (truth, isUdp) switch
    {
        (Truth.Open, false) => "open syn-ack",
        (Truth.Open, true) => "open udp-response",
        (Truth.Closed, false) => "closed conn-refused",
        (Truth.Closed, true) or (Truth.PortUnreachable, true) => "closed port-unreach",
        (Truth.PortUnreachable, false) => "closed port-unreach",
        (Truth.Prohibited, _) => "filtered admin-prohibited",
        (Truth.Silent, false) => "filtered no-response",
        _ => "open|filtered no-response",
    };
}
