using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Live;
using Portolan.Cli.Scanning.Machine;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.Output;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Scan.Engine;
using Portolan.Scan.Engine.Services;
using Portolan.Scan.Formats;
using Portolan.Scan.Identification.Facts;
using Portolan.Scan.Journal;
using Portolan.Scan.Names;
using Portolan.Scan.Proxies;
using Portolan.Scan.Results;

namespace Portolan.Cli.Scanning;

/// <summary>Does what a command line of <c>scan</c> asks for: plans, asks, looks before it leaps, runs, and says how it went.</summary>
/// <param name="request">What it asks for.</param>
/// <param name="context">The streams, the clock and the machine.</param>
/// <param name="resumed">The journal of the scan to go on with; <c>null</c> for a new scan.</param>
internal sealed class ScanRunner(ScanRequest request, CommandContext context, ScanJournal? resumed = null)
{
    private IGroupProber? _raw;
    private ProxyRoute? _proxies;

    private IScanMachine Machine =>
        field ??= (context.OpenScanMachine ?? throw new InvalidOperationException("no machine to scan from was given"))();

    /// <summary>Runs and returns the exit code.</summary>
    public ExitCode Run(CancellationToken cancellationToken)
    {
        if (request.Run.ListInterfaces)
        {
            if (context.Json || request.Output.Files.Count > 0)
            {
                throw ScanErrors.Usage("--iflist prints a table for people only", $"for programs: ip -json address and ip -json route");
            }

            InterfaceList.Write(Machine.ReadNetwork(), context);
            return ExitCode.Success;
        }

        if (request.Services.ListsFacts)
        {
            FactList.Write(request.Services.Settings?.Facts is { Count: > 0 } named ? named : FactCatalog.All, context);
            return ExitCode.Success;
        }

        if (request.Run.FromXml is { } file)
        {
            return XmlReplay.Run(request, file, FormatOptions(), context, cancellationToken);
        }

        if (request.Targets is { Words.Count: 0, InputFiles.Count: 0 })
        {
            throw ScanErrors.Usage("no target was given", $"name one, e.g. portolan scan 192.0.2.7");
        }

        var choice = ModeChoice.Make(request, Machine.IsRawAllowed);

        // From here on Ctrl-C ends in order: there may be results to close.
        context.EndInOrder();
        _proxies = request.Proxies is { } asked ? OpenProxies(asked.ReadChain(), cancellationToken) : null;
        var planner = new ScanPlanner(request, context);
        var planned = resumed is null
            ? planner.Plan(
                choice.Tcp != TcpTechnique.None, () => _proxies?.Names ?? Machine.OpenLookup(request.Targets), cancellationToken)
            : planner.Resume(resumed.Header);
        foreach (var warning in planner.Warnings)
        {
            Say($"portolan: warning: {warning}", hint: null);
        }

        foreach (var problem in planned.Problems)
        {
            Say($"portolan: {problem.Word}: {problem.Message}", problem.Hint);
        }

        if (planned.Plan.HostCount == 0)
        {
            return planned.Problems.Count > 0
                ? ExitCode.Failed
                : throw ScanErrors.Usage("no target is left to scan", $"the excludes cover every target; name others");
        }

        var settings = Settings(choice, planned);
        var listed = planner.Listed();
        if (!settings.ListOnly)
        {
            if (resumed is null)
            {
                ScanConfirmation.Ask(planned.Plan.HostCount, planned.Plan.ProbeCount, request.Run.Yes, planner.ReadsInput, context);
            }

            if (_proxies is null)
            {
                RouteCheck.Demand(settings, choice.Mode, planned.Plan, context);
            }
        }

        using var store = request.IsStored
            ? ScanStore.Open(StoreOption.PathOf(request.Store, context), FormatOptions().Arguments, context)
            : null;
        using var journal = resumed is not null || settings.ListOnly || _proxies is not null
            ? null
            : ScanResumption.Begin(request.Run, Header(settings, choice, planned), context);
        var end = Scan(settings, choice, planned, resumed ?? journal, store?.Observer, cancellationToken);
        store?.Report();
        if (listed is not null && !request.Output.StdoutIsTaken)
        {
            PortListing.Write(context.Writer, listed);
        }

        if (end is { HostsUp: 0, IsComplete: true } && !settings.Discovery.Skip && !settings.ListOnly)
        {
            context.Error.WriteLine(
                Advice.Of($"hosts that do not answer discovery may still have open ports: -Pn scans them too").ToHint());
        }

        if (end.Losses is { StoppedHosts: > 0 })
        {
            context.Error.WriteLine(Advice.Of(
                $"rescan a host that stopped answering later and more slowly (-T2 or --max-rate 10), or from another address").ToHint());
        }

        if (!end.IsComplete && (resumed ?? journal) is { IsOnDisk: true } kept && File.Exists(kept.Path))
        {
            var goOn = request.Run.Journal is null && resumed is null
                ? Advice.Of($"portolan scan --resume")
                : $"portolan scan --resume {kept.Path}";
            context.Error.WriteLine(Advice.Of($"to continue: {goOn}").ToHint());
        }

        // What a signal cut short ends with the signal's exit code, after everything was closed in order.
        cancellationToken.ThrowIfCancellationRequested();
        return end.IsComplete && planned.Problems.Count == 0 && store?.IsWhole != false ? ExitCode.Success : ExitCode.Failed;
    }

    private JournalHeader Header(ScanSettings settings, ModeChoice choice, PlannedScan planned) =>
        new(
            [.. context.Arguments.Skip(1)], Environment.CurrentDirectory, context.Clock.GetUtcNow(), choice.Mode, settings.Seed,
            planned.Plan)
        {
            LeftOut = [.. planned.Problems.Select(static problem => problem.Word)],
        };

    private ScanEnd Scan(
        ScanSettings settings, ModeChoice choice, PlannedScan planned, ScanJournal? journal, IScanObserver? store,
        CancellationToken cancellationToken)
    {
        var options = FormatOptions();
        using var files = OutputFiles.Open(request.Output, context, options);
        var status = StatusLine.For(context);
        using var keys = request.Output.Interactive && status.IsEnabled && context.InputIsTerminal ? context.OpenKeys() : null;
        var news = new RunNews(context.Error, status, NewsStyle(), context.Clock, keys);
        if (!settings.ListOnly && _proxies is null)
        {
            foreach (var warning in Preflight.Warnings(settings, choice.Mode, planned.Plan, context, Machine))
            {
                news.Warning(warning);
            }
        }

        List<IScanObserver> observers = [news];
        if (!request.Output.StdoutIsTaken)
        {
            observers.Add(new LiveOutput(context.Writer, options, Style(status)));
        }

        observers.AddRange(files.Writers);
        if (store is not null)
        {
            observers.Add(store);
        }

        using var prober = OpenProber(settings, choice, planned, news);
        var tracer = request.Traceroute && _proxies is null ? OpenTracer(settings, choice, planned, news) : null;
        using var ownTracer = ReferenceEquals(tracer, _raw) ? null : tracer as IDisposable;
        return new ScanRun
        {
            Plan = planned.Plan,
            Settings = settings,
            Prober = prober,
            Tracer = tracer,
            Observers = observers,
            Clock = context.Clock,
            Why = choice.Why,
            Notes = RunNotes(settings, planned),
            Journal = journal,
            Parts = ScanPart.ListOf(settings, planned.Plan.PortLists),
            Names = settings.ReverseNames == false || _proxies is not null
                ? null
                : Machine.OpenReverseNames(request.Targets, warning => observers.ForEach(o => o.Warning(warning))),
        }.Run(cancellationToken);
    }

    private List<string> RunNotes(ScanSettings settings, PlannedScan planned)
    {
        var notes = new List<string>();
        if (_proxies is not null)
        {
            notes.Add($"through {_proxies}: this host sends no packet to a target");
            if (_proxies.Names.Count > 0)
            {
                notes.Add("the last proxy resolves names: each name is shown with a placeholder address from 240.0.0.0/4 or 100::/64");
            }
        }
        else if (!settings.ListOnly && context.Machine.Network is { } network && RouteCheck.AnyRouted(settings, planned.Plan, network))
        {
            notes.Add(RoutedRate(settings));
        }

        if (request.Services.Word == "-A")
        {
            notes.Add(_proxies is null
                ? "-A is -sV -sC --traceroute here: no operating system detection (-O)"
                : "-A is -sV -sC here: no traceroute through proxies and no operating system detection (-O)");
        }

        return notes;
    }

    // What holds behind routers, in the end.
    private static string RoutedRate(ScanSettings settings)
    {
        var timing = settings.Timing;
        var most = Math.Max(timing.RoutedPrefixRate ?? timing.UsualPrefixRate, timing.MinRate ?? 0);
        return timing.MaxRate is { } max && (timing.RoutedPrefixRate is null || max <= most)
            ? FormattableString.Invariant($"at most {max:#,0.##} probes/s")
            : FormattableString.Invariant($"at most {most:#,0.##} probes/s to each /24 and /64 behind routers")
                + (timing.RoutedPrefixRate is null && settings.Tcp != TcpTechnique.Connect ? ", more if answers keep up" : "");
    }

    private IGroupProber OpenProber(ScanSettings settings, ModeChoice choice, PlannedScan planned, RunNews news)
    {
        if (settings.ListOnly)
        {
            return new IdleProber();
        }

        Action<string>? trace = request.Output.PacketTrace ? news.Trace : null;
        Action<string>? questions = request.Services.Traces || request.Output.PacketTrace ? news.Trace : null;
        if (settings.Services is not null && request.Technique.OwnStack)
        {
            return Machine.OpenOwnStackIdentifier(
                settings, RawNeeds(planned), RouteCheck.SamplesOf(planned.Plan), new ScanTrace(trace, questions), news.Warning);
        }

        var prober = (choice.Mode, choice.Discovery) switch
        {
            (ScanMode.Raw, _) when request.Technique.OwnStack =>
                Machine.OpenOwnStackProber(settings, RawNeeds(planned), RouteCheck.SamplesOf(planned.Plan), trace),
            (ScanMode.Raw, _) => OpenRaw(settings, planned, trace),
            (_, ScanMode.Raw) when !settings.Discovery.Skip && !IsFoundByConnecting(settings, planned) =>
                new SplitProber(OpenRaw(settings, planned, trace), Machine.OpenConnectProber(settings, trace)),
            _ => Machine.OpenConnectProber(settings, trace),
        };
        if (settings.Services is { } services)
        {
            // What is said first is heard by the way.
            return new IdentifyingProber(prober, Machine.OpenIdentifier(services, questions, news.Warning), settings);
        }

        return settings.Banners && !request.Technique.OwnStack ? Machine.OpenBannerProber(prober, settings, trace) : prober;
    }

    // This host itself is up: opening and closing packet sockets to find that out would take longer than a short scan.
    private bool IsFoundByConnecting(ScanSettings settings, PlannedScan planned) =>
        settings.Discovery.IsDefault && context.Machine.Network is { } network && RouteCheck.AreLocal(settings, planned.Plan, network);

    private IGroupProber OpenRaw(ScanSettings settings, PlannedScan planned, Action<string>? trace) =>
        _raw = Machine.OpenRawProber(settings, RawNeeds(planned), trace);

    // What sends the scan's packets knows the ways to the hosts already.
    private IRouteTracer? OpenTracer(ScanSettings settings, ModeChoice choice, PlannedScan planned, RunNews news)
    {
        if (_raw is IRouteTracer known)
        {
            return known;
        }

        Action<string>? trace = request.Output.PacketTrace ? news.Trace : null;
        return choice.Discovery == ScanMode.Raw
            ? Machine.OpenRawProber(settings, RawNeeds(planned), trace) as IRouteTracer
            : Machine.OpenConnectTracer(settings, trace);
    }

    private RawNeeds RawNeeds(PlannedScan planned) =>
        new(context.Machine.Network, context.Machine.Settings.EphemeralRange, planned.Plan.ProbeCount);

    private ProxyRoute OpenProxies(IReadOnlyList<ProxyServer> servers, CancellationToken cancellationToken)
    {
        var host = servers[0].Host;
        if (InternetAddress.TryParse(host, out var address))
        {
            return new ProxyRoute(servers, address);
        }

        var asking = Machine.OpenLookup(request.Targets).LookUpAsync(host, AddressFamilies.Both, cancellationToken);
        var answer = asking.GetAwaiter().GetResult();
        return answer.Addresses.Count > 0
            ? new ProxyRoute(servers, answer.Addresses[0])
            : throw new PortolanException($"proxy {servers[0]}: {answer.Problem}; nothing was sent", $"give the proxy's address");
    }

    private ScanSettings Settings(ModeChoice choice, PlannedScan planned) => new()
    {
        Tcp = choice.Tcp,
        TcpFlags = request.Technique.TcpFlags,
        Udp = request.Technique.Udp,
        Banners = request.Technique.Banners,
        Proxies = _proxies,
        Services = request.Services.Settings is { } services ? services with { Proxies = _proxies } : null,
        DiscoveryOnly = request.Technique.DiscoveryOnly,
        ListOnly = request.Technique.ListOnly,
        Discovery = planned.Discovery with
        {
            NoArp = planned.Discovery.NoArp || request.Sending.SendIp,
            Skip = planned.Discovery.Skip || _proxies is not null,
        },
        ExcludedTcpPorts = planned.Excluded.Tcp.IsEmpty ? null : planned.Excluded.Tcp,

        // The kernels of proxies send lost packets again.
        Timing = _proxies is null ? request.Timing : request.Timing with { MaxRetries = Math.Min(request.Timing.MaxRetries, 1) },
        Seed = resumed?.Header.Seed ?? request.Run.Seed ?? Machine.NewSeed(),
        Shard = request.Run.Shard,
        ShardCount = request.Run.ShardCount,
        Sequential = request.Ports.Sequential,
        InterfaceName = request.Sending.InterfaceName,
        Source = request.Sending.Source,
        SourcePort = request.Sending.SourcePort,
        TimeToLive = request.Sending.TimeToLive,
        PaddingLength = request.Sending.PaddingLength,
        ReverseNames = request.Targets.ReverseNames,
    };

    private ScanOutputOptions FormatOptions() => new()
    {
        Arguments = ProxyRequest.WithoutCredentials(
            resumed is null ? context.Arguments : ["portolan", .. resumed.Header.Arguments]),
        Version = ProgramVersion.Read().Version,
        Verbosity = request.Output.Verbosity,
        Banners = request.Technique.Banners,
        Identifies = request.Services.Settings is not null,
        OpenOnly = request.Output.OpenOnly,
        AllStates = request.Output.AllStates,
        ShowReasons = request.Output.Reason,
        Stylesheet = request.Output.Stylesheet,
        Services = context.Machine.Services,
        VendorOf = HardwareVendors.System.NameOf,
        JsonEncoder = JsonOutput.Encoder,
    };

    private NewsStyle NewsStyle() => new()
    {
        WithHead = !request.Output.StdoutIsTaken || request.Output.Verbosity > 0,
        SaysIncomplete = request.Output.StdoutIsTaken,
        SendsNothing = request.Technique.ListOnly,
        Verbosity = request.Output.Verbosity,
        StatsEvery = request.Output.StatsEvery,
    };

    private LiveStyle Style(StatusLine status) => new()
    {
        Status = status,
        IsTerminal = context.OutputIsTerminal,
        Color = context.OutputColor,
        Width = context.OutputWidth,
        HostsOnly = request.Technique.DiscoveryOnly || request.Technique.ListOnly,
        SendsNothing = request.Technique.ListOnly,
    };

    private void Say(string message, Advice? hint)
    {
        context.Error.WriteLine(TerminalText.Escape(message));
        if (hint is not null)
        {
            context.Error.WriteLine(hint.ToHint());
        }
    }
}

/// <summary>Errors of the command line of <c>scan</c>.</summary>
internal static class ScanErrors
{
    /// <summary>A wrong command line; nothing was sent.</summary>
    public static PortolanException Usage(string message, Advice? hint = null) =>
        new(message, hint ?? $"run portolan help scan", ExitCode.Usage);
}
