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
        : base("scan", "other machines' ports: what nmap and masscan find, and how certain it is")
    {
        Arguments.Add(_options.Targets.Targets);
        Add("Which hosts", _options.Targets.Choosing);
        Add("Which ports", _options.Ports.Options);
        Add("How ports are probed", _options.Techniques.Options);
        Add("What open ports are", _options.Services.Options);
        Add("How hosts are found", _options.Discovery.Options);
        Add("The way to hosts", _options.Traces.Options);
        Add("Names", _options.Targets.Naming);
        Add("What to show", _options.Output.Showing);
        Add("Where to write", [.. _options.Output.Writing, _options.Store]);
        Add("Pace and patience", _options.Timing.Options);
        Add("How packets leave", [.. _options.Sending.Options, .. _options.Proxies.Options]);
        Add("The run", _options.Run.Options);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Targets, ports and options are written as for nmap, attached forms included: -sSU -p- -T4 -PS22,80 -oX -. An option of nmap
        that is not here is refused by name with what to run instead, before anything is sent. Times are seconds, or end in ms, s, m
        or h. IPv4 and IPv6 targets may be mixed.

        With the capability CAP_NET_RAW ports are probed with packets of our own (-sS), without it by the system's connections (-sT);
        which of them runs, and why, is printed first. A type that was asked for by name is never replaced: without the capability
        -sS and the like end with exit code 4.

        Only targets that stay silent are probed again. Each run ends with its balance: probes planned and sent, replies, the loss
        seen on the way and back, and the chance that a port that would answer was still missed. What this host could not send is
        sent again later and never taken for an answer.

        While the scan runs, any key prints where it stands; Ctrl-C ends it in order, with what was found. A scan that runs for more
        than 30 seconds keeps a journal, and scan --resume goes on with it.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan scan 192.0.2.7", "the usual 1,000 ports of a host"),
        new("portolan scan -sS -p- -T4 -oA out 198.18.0.0/24", "all TCP ports of a network, in nmap's three formats"),
        new(
            "portolan scan -sV -sC -p 22,80,443 192.0.2.7",
            "what answers on open ports, and what it tells of itself: versions, titles, certificates"),
        new("portolan scan -sU --top-ports 50 192.0.2.7 --json", "UDP, for a program to read"),
        new("portolan scan --traceroute -p 22,443 192.0.2.7", "the hops on the way, and which of them drops probes to filtered ports"),
        new("portolan scan -sn 198.18.0.0/24", "which hosts are up"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "everything planned was scanned, whether anything is open or not"),
        new(ExitCode.Usage, "the command line is wrong; nothing was sent"),
        new(ExitCode.Failed, "failed, or failed in part: some targets were not scanned, or time ran out"),
        new(ExitCode.NoPrivilege, "the requested scan type needs a capability that this user lacks"),
        .. ExitCodeMeaning.Signals,
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["port", "list", "nmap(1)"];

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
