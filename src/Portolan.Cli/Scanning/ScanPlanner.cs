using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;
using Portolan.Scan.Engine;
using Portolan.Scan.Journal;
using Portolan.Scan.Names;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Scanning;

/// <summary>Makes the plan of a scan from words, files and port lists.</summary>
internal sealed class ScanPlanner(ScanRequest request, CommandContext context)
{
    private readonly List<string> _warnings = [];
    private bool _hasReadInput;

    /// <summary>Things a person should know of the plan.</summary>
    public IReadOnlyList<string> Warnings => _warnings;

    /// <summary>Whether the targets were read from stdin, so that nobody can be asked there.</summary>
    public bool ReadsInput => _hasReadInput;

    /// <summary>Reads everything, looks names up and makes the plan.</summary>
    /// <param name="tcp">TCP ports are scanned.</param>
    /// <param name="openLookup">Makes the lookup of names; called only when there are any.</param>
    /// <param name="cancellationToken">Ends the wait for names.</param>
    /// <exception cref="PortolanException">A wrong word, list or file; nothing was sent.</exception>
    public PlannedScan Plan(bool tcp, Func<INameLookup> openLookup, CancellationToken cancellationToken)
    {
        var noPorts = request.Technique.DiscoveryOnly || request.Technique.ListOnly;
        var grammar = new PortGrammar(tcp || noPorts, request.Technique.Udp, context.Machine.Services);
        var excluded = ExcludedPorts();
        var ports = noPorts ? PortSelection.None : Ports(grammar).Except(excluded);
        var builder = new TargetPlanBuilder(new Portolan.Scan.Targets.TargetOptions
        {
            Ports = ports,
            PortGrammar = grammar,
            ExcludedPorts = excluded,
            FindInterface = name => context.Machine.ReadInterfaces().TryGetValue(name, out var index) ? (uint)index : null,
            ResolveAll = request.Targets.ResolveAll,
            NamesAsIPv6 = request.Targets.IPv6Names ? true : request.Targets.IPv4Names ? false : null,
        });
        AddTargets(builder);
        _warnings.AddRange(grammar.Warnings);
        if (!noPorts && ports.Count == 0 && (request.Ports.Lists.Count > 0 || request.Ports.Excludes.Count > 0) && builder.WordCount > 0)
        {
            _warnings.Add("no port is left to probe on targets without ports of their own");
        }

        if (builder.PendingNames > 0)
        {
            builder.ResolveAsync(openLookup(), cancellationToken).GetAwaiter().GetResult();
        }

        return new PlannedScan(builder.Build(), builder.Problems, ports, Discovery(excluded), excluded);
    }

    /// <summary>The ports of a list (<c>-sL</c>), which are only listed; <c>null</c> when none were named.</summary>
    public PortSelection? Listed() => request is { Technique.ListOnly: true, Ports.IsNamed: true }
        ? Ports(new PortGrammar(tcp: true, request.Technique.Udp, context.Machine.Services)).Except(ExcludedPorts())
        : null;

    /// <summary>
    /// The same for a fleet, which takes words: the plan, the ports, the words of targets and of those that are left out. Names are not
    /// looked up, for each agent might find another address.
    /// </summary>
    /// <exception cref="PortolanException">A wrong word, list or file; nothing was sent.</exception>
    public (TargetPlan Plan, PortSelection Ports, IReadOnlyList<string> Targets, IReadOnlyList<string> Excludes) PlanForFleet()
    {
        var udp = request.Technique.Udp;
        var tcp = !udp || request.Ports.Lists.Any(static list => list.Contains("T:", StringComparison.OrdinalIgnoreCase));
        var grammar = new PortGrammar(tcp, udp, context.Machine.Services);
        var ports = Ports(grammar).Except(ExcludedPorts());
        _warnings.AddRange(grammar.Warnings);
        var builder = new TargetPlanBuilder(new Portolan.Scan.Targets.TargetOptions { Ports = ports, PortGrammar = grammar });
        List<string> excludes = [.. request.Targets.Excludes, .. WordsOf(request.Targets.ExcludeFiles, "--excludefile")];
        excludes.ForEach(builder.Exclude);
        List<string> targets =
        [
            .. request.Targets.Words.Where(static word => word != "-"),
            .. WordsOf(request.Targets.Words.Where(static word => word == "-"), "-"), .. WordsOf(request.Targets.InputFiles, "-iL"),
        ];
        targets.ForEach(builder.Add);
        return builder.PendingNames > 0
            ? throw ScanErrors.Usage(
                "a fleet scans addresses: a name may have another address at each vantage point",
                $"write addresses, ranges or networks instead of names")
            : builder.WordCount == 0 || builder.Build() is not { HostCount: > 0 } plan
                ? throw ScanErrors.Usage("no target is left to scan", $"name addresses that the excludes do not cover")
                : (plan, ports, targets, excludes);
    }

    private IEnumerable<string> WordsOf(IEnumerable<string> files, string option)
    {
        foreach (var file in files)
        {
            using var text = file == "-" ? Input() : TargetFile.Open(file, option);
            foreach (var (word, _) in TargetFile.Words(text))
            {
                yield return word;
            }
        }
    }

    /// <summary>A plan that was made before; nothing is looked up again.</summary>
    /// <param name="header">What the journal of the scan begins with.</param>
    public PlannedScan Resume(JournalHeader header)
    {
        var problems = new List<TargetProblem>();
        foreach (var word in header.LeftOut)
        {
            problems.Add(new TargetProblem(
                word, "it was left out when the scan began, and still is", $"scan it separately once it is reachable"));
        }

        var excluded = ExcludedPorts();
        return new PlannedScan(header.Plan, problems, PortSelection.None, Discovery(excluded), excluded);
    }

    private PortSelection Ports(PortGrammar grammar)
    {
        var ports = request.Ports;
        if (ports.Lists.Count == 0)
        {
            return grammar.Top(ports.Top ?? (ports.Fast ? TopPorts.FastCount : TopPorts.DefaultCount));
        }

        var all = PortSelection.None;
        foreach (var list in ports.Lists)
        {
            var some = grammar.Parse(list, "-p");
            all = new PortSelection(all.Tcp | some.Tcp, all.Udp | some.Udp);
        }

        return all;
    }

    private PortSelection ExcludedPorts()
    {
        var all = PortSelection.None;
        if (request.Ports.Excludes.Count == 0)
        {
            return all;
        }

        var grammar = new PortGrammar(tcp: true, udp: true, context.Machine.Services);
        foreach (var list in request.Ports.Excludes)
        {
            var some = grammar.Parse(list, "--exclude-ports");
            all = new PortSelection(all.Tcp | some.Tcp, all.Udp | some.Udp);
        }

        return all;
    }

    /// <summary>Host discovery without the excluded ports, which are never probed.</summary>
    private DiscoverySettings Discovery(PortSelection excluded)
    {
        var discovery = request.Discovery;
        if (discovery.Skip || excluded.Count == 0)
        {
            return discovery;
        }

        var (http, https) = (new PortNumber(80), new PortNumber(443));
        if (discovery.IsDefault)
        {
            if (!excluded.Tcp.Contains(http) && !excluded.Tcp.Contains(https))
            {
                return discovery;
            }

            discovery = discovery with
            {
                IsDefault = false,
                Echo = true,
                Timestamp = true,
                SynPorts = new PortSet(https),
                AckPorts = new PortSet(http),
            };
        }

        return discovery with
        {
            SynPorts = Without(discovery.SynPorts, excluded.Tcp),
            AckPorts = Without(discovery.AckPorts, excluded.Tcp),
            UdpPorts = Without(discovery.UdpPorts, excluded.Udp),
        };
    }

    private static PortSet? Without(PortSet? ports, PortSet excluded) =>
        ports is null || (ports - excluded) is not { IsEmpty: false } left ? null : left;

    private void AddTargets(TargetPlanBuilder builder)
    {
        foreach (var list in request.Targets.Excludes)
        {
            builder.Exclude(list);
        }

        foreach (var file in request.Targets.ExcludeFiles)
        {
            if (file == "-")
            {
                builder.ExcludeText(Input(), "standard input");
            }
            else
            {
                builder.ExcludeFile(file);
            }
        }

        foreach (var word in request.Targets.Words)
        {
            if (word == "-")
            {
                builder.AddText(Input(), "standard input");
            }
            else
            {
                builder.Add(word);
            }
        }

        foreach (var file in request.Targets.InputFiles)
        {
            if (file == "-")
            {
                builder.AddText(Input(), "standard input");
            }
            else
            {
                builder.AddFile(file);
            }
        }
    }

    private StreamReader Input()
    {
        if (_hasReadInput)
        {
            throw ScanErrors.Usage("standard input is named twice", $"use it once: -iL - or a target - or --excludefile -");
        }

        _hasReadInput = true;
        return new StreamReader(new BoundedStream(context.OpenInputBytes(), InputLimit.ScanTargets, "standard input"));
    }
}

/// <summary>What is to be scanned.</summary>
/// <param name="Plan">The hosts and ports.</param>
/// <param name="Problems">Targets that are left out.</param>
/// <param name="Ports">The ports of targets that name none of their own.</param>
/// <param name="Discovery">How hosts are found, excluded ports left out.</param>
/// <param name="Excluded">Ports that are never probed.</param>
internal sealed record PlannedScan(
    TargetPlan Plan, IReadOnlyList<TargetProblem> Problems, PortSelection Ports, DiscoverySettings Discovery, PortSelection Excluded);
