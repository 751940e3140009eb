using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Cli.Scanning;
using Portolan.Cli.Scanning.Options;
using Portolan.Cli.Scanning.Words;
using Portolan.Cli.Storing;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan scan</c>: other machines' ports, with nmap's options and grammars.</summary>
public sealed class ScanCommand : PortolanCommand
{
    /// <summary>The name and version of the format.</summary>
    public const string Schema = "portolan.scan/1";

    private readonly ScanOptions _options = new();

    /// <summary>Builds the options.</summary>
    public ScanCommand()
        : base("scan", "ports of other machines: what nmap and masscan find, with the certainty of the result")
    {
        Arguments.Add(_options.Targets.Targets);
        Add("Which hosts", _options.Targets.Choosing);
        Add("Which ports", _options.Ports.Options);
        Add("How ports are probed", _options.Techniques.Options);
        Add("What open ports are", _options.Services.Options);
        Add("How hosts are found", _options.Discovery.Options);
        Add("The path to hosts", _options.Traces.Options);
        Add("Names", _options.Targets.Naming);
        Add("What to show", _options.Output.Showing);
        Add("Where to write", [.. _options.Output.Writing, _options.Store]);
        Add("Pace and patience", _options.Timing.Options);
        Add("How packets leave", [.. _options.Sending.Options, .. _options.Proxies.Options]);
        Add("The run", _options.Run.Options);
        Add("By a fleet", _options.Fleet.Options);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Targets, ports and options have nmap's syntax, attached forms included: -sSU -p- -T4 -PS22,80 -oX -. An unsupported option of nmap
        is refused by name, with an alternative, before anything is sent. Times are in seconds, or end in ms, s, m or h. IPv4 and IPv6
        targets may be mixed.

        With the capability CAP_NET_RAW the scan sends its own packets (-sS), without it it uses the system's connections (-sT); the first
        line shows which, and why. An explicit scan type is never replaced: without the capability, -sS and similar types exit with code
        4.

        Only silent targets are probed again. Each run ends with a summary: probes planned and sent, replies, the loss in each direction,
        and the probability that a responding port was missed. Packets that this host failed to send are sent again later and never count
        as an answer.

        While the scan runs, any key prints its progress; Ctrl-C ends it cleanly and reports the results so far. A scan longer than 30
        seconds keeps a journal, and scan --resume continues from it.

        With --fleet the agents of a fleet scan instead, and share the work; --vantage repeats it from several zones and shows the ports
        that do not look alike from each. Ctrl-C then ends only the wait: the job goes on, and fleet results shows it.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan scan 192.0.2.7", "the usual 1,000 ports of a host"),
        new("portolan scan -sS -p- -T4 -oA out 198.18.0.0/24", "all TCP ports of a network, in nmap's three formats"),
        new(
            "portolan scan -sV -sC -p 22,80,443 192.0.2.7",
            "the services on open ports, with versions, titles and certificates"),
        new("portolan scan -sU --top-ports 50 192.0.2.7 --json", "UDP, as JSON"),
        new("portolan scan --traceroute -p 22,443 192.0.2.7", "the hops on the path, and which one drops probes to filtered ports"),
        new("portolan scan --vantage lan,dmz -p 22,443 198.51.100.0/24", "by agents, from two sides, with what differs"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "everything planned was scanned, whether anything is open or not"),
        new(ExitCode.Usage, "the command line is wrong; nothing was sent"),
        new(ExitCode.Failed, "failed or partly failed: some targets were not scanned, or time ran out"),
        new(ExitCode.NoPrivilege, "the requested scan type needs a capability that this user lacks"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["port", "list", "fleet", "nmap(1)"];

    /// <inheritdoc/>
    public override string JsonSchema => Schema;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => ScanWords.Normalize(StoreOption.Normalize(args));

    /// <inheritdoc/>
    public override Advice? Remedy(string name) => ScanRemedies.Find(name);

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var request = Read(parsed, context.Json, context.Clock.GetLocalNow());
        if (request.Fleet is not null)
        {
            return new FleetScan(request, context).Run(cancellationToken);
        }

        if (!request.Run.Resumes)
        {
            return new ScanRunner(request, context).Run(cancellationToken);
        }

        var (resumed, journal) = ScanResumption.Open(request.Run.ResumeFile, context);
        using (journal)
        {
            return new ScanRunner(resumed, context, journal).Run(cancellationToken);
        }
    }

    /// <summary>What a command line asks for.</summary>
    internal ScanRequest Read(ParseResult parsed, bool json, DateTimeOffset now) => _options.Read(parsed, json, now);
}
