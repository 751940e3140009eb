using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning.Options;
using Portolan.Model;
using Portolan.Model.Invocation;
using Portolan.Scan.Targets;

namespace Portolan.Cli.Commands.Fleet;

/// <summary><c>portolan fleet start</c>: begins a job.</summary>
public sealed class FleetStartCommand : FleetTopicCommand
{
    private readonly Argument<string[]> _targets = new("TARGET")
    {
        Description = "addresses, ranges and prefixes, e.g. 198.51.100.0/24",
        HelpName = "TARGET",
        Arity = ArgumentArity.OneOrMore,
    };

    private readonly Option<string[]> _ports = ScanOptionKinds.Value(
        "--ports", "PORTS", "ports by number, range or service name: 22,80-90,https, - for all; by default the 1,000 most common", "-p");

    private readonly Option<bool> _udp = new("--udp") { Description = "UDP ports; with --tcp TCP ports, too" };

    private readonly Option<bool> _tcp = new("--tcp") { Description = "TCP ports, which is the default" };

    private readonly Option<string[]> _excludes = ScanOptionKinds.Value("--exclude", "TARGET", "leave these targets out");

    private readonly Option<string[]> _zones = ScanOptionKinds.Value(
        "--zone", "ZONE", "from where; repeated, each zone scans everything; needed when the fleet has several");

    private readonly Option<bool> _skip = new("--skip-discovery")
    {
        Description = "scan every target, as -Pn does in portolan scan, without host discovery",
    };

    private readonly Option<string[]> _rate = ScanOptionKinds.Value("--max-rate", "N", "at most N probes per second, all agents together");

    private readonly Option<string[]> _prefixRate = ScanOptionKinds.Value(
        "--prefix-rate", "N", "at most N probes per second to each /24 and /64, all agents together; 10000 by default");

    private readonly Option<string[]> _retries = ScanOptionKinds.Value("--max-retries", "N", "repeat a probe at most N times");

    private readonly Option<string[]> _chunk = ScanOptionKinds.Value(
        "--chunk-probes", "N", "probes of a chunk, 60000 by default: 30 seconds of an agent that sends 2000 per second");

    private readonly Option<string[]> _seed = ScanOptionKinds.Value("--seed", "N", "the key of the order; random by default");

    /// <summary>Makes the command.</summary>
    public FleetStartCommand()
        : base("fleet start", "start a scan by the agents, and print the number of the job")
    {
        Arguments.Add(_targets);
        Add("What is scanned", _ports, _udp, _tcp, _excludes, _skip);
        Add("From where, and how fast", _zones, _rate, _prefixRate, _retries, _chunk, _seed);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The job runs whether or not anything waits for it; portolan fleet jobs shows how far it is. Targets are addresses: a name may have
        another address at each vantage point. Every target is probed on the same ports.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan fleet start 198.51.100.0/24 -p 22,80,443", "three ports of a network"),
        new("portolan fleet start 2001:db8::/112 -p - --skip-discovery", "all TCP ports, every address"),
        new("portolan fleet start 198.51.100.0/24 --zone lan --zone dmz", "the same from two sides"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["fleet jobs", "fleet results", "fleet cancel"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.jobs/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var udp = parsed.GetValue(_udp);
        var grammar = new PortGrammar(tcp: !udp || parsed.GetValue(_tcp), udp, context.Machine.Services);
        var lists = parsed.All(_ports);
        var ports = lists.Length == 0 ? grammar.Top(TopPorts.DefaultCount) : PortSelection.None;
        foreach (var list in lists)
        {
            var some = grammar.Parse(list, "-p");
            ports = new PortSelection(ports.Tcp | some.Tcp, ports.Udp | some.Udp);
        }

        foreach (var warning in grammar.Warnings)
        {
            context.Error.WriteLine($"portolan: warning: {TerminalText.Escape(warning)}");
        }

        return context.BecomeServer(About(FleetAction.Start, parsed, context) with
        {
            Targets = parsed.GetValue(_targets)!,
            Excludes = parsed.All(_excludes),
            Tcp = ports.Tcp.IsEmpty ? null : ports.Tcp.ToString(),
            Udp = ports.Udp.IsEmpty ? null : ports.Udp.ToString(),
            Zones = parsed.All(_zones),
            SkipsDiscovery = parsed.GetValue(_skip),
            Rate = parsed.Last(_rate) is { } rate ? ScanValues.Rate("--max-rate", rate) : null,
            PrefixRate = parsed.Last(_prefixRate) is { } prefix ? ScanValues.Rate("--prefix-rate", prefix) : null,
            MaxRetries = parsed.Last(_retries) is { } retries ? ScanValues.Number("--max-retries", retries, 0, 100) : null,
            ChunkProbes = parsed.Last(_chunk) is { } chunk ? ScanValues.Number("--chunk-probes", chunk, 1, int.MaxValue) : null,
            Seed = parsed.Last(_seed) is { } seed ? ScanValues.Seed("--seed", seed) : null,
        });
    }
}
