using System.CommandLine;
using Portolan.Cli.Diffing;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Targets;
using Portolan.Watch.Documents;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan diff</c>: what changed between two results.</summary>
public sealed class DiffCommand : PortolanCommand
{
    private readonly Argument<string> _a = new("A")
    {
        Description = "the earlier result: a file, - for standard input, or a time in the store, e.g. @yesterday",
    };

    private readonly Argument<string> _b = new("B")
    {
        Description = "the later result: a file, - for standard input, or a time in the store, e.g. @now",
    };

    private readonly Option<string?> _ports = new("--ports", "-p")
    {
        Description = "the scanned ports, in nmap's syntax, if a file does not list them",
        HelpName = "PORTS",
    };

    private readonly Option<string?> _targets = new("--targets")
    {
        Description = "the scanned addresses, separated by commas, if a file does not list them",
        HelpName = "TARGETS",
    };

    private readonly Option<string?> _failOn = new("--fail-on")
    {
        Description =
            "exit with 1 on these changes, separated by commas: opened, closed, expiring, changed (any other of a port or name), host "
            + "(up or down), any, a kind from the table, and uncertain for changes that packet loss may explain",
        HelpName = "WHAT",
        CompletionSources = { static _ => FailOn.Words },
    };

    private readonly Option<string?> _junit = new("--junit")
    {
        Description = "also write the changes to FILE as JUnit XML",
        HelpName = "FILE",
    };

    private readonly Option<bool> _ndiff = new("--ndiff") { Description = "print the same text as ndiff; both files are nmap XML" };

    private readonly Option<string?> _store = StoreOption.ForReading();

    private readonly Option<bool> _charts = new("--charts")
    {
        Description = "for times in the store: compare the charts of this machine, not scans"
    };

    /// <summary>Builds the options.</summary>
    public DiffCommand()
        : base("diff", "changes between two results: ports, services, certificates, owners, reach")
    {
        Arguments.Add(_a);
        Arguments.Add(_b);
        Add("What was scanned", _ports, _targets);
        Add("What may not change", _failOn, _junit);
        Add("How to print", _ndiff);
        Add("Times in the store", _store, _charts);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A and B are two scans or two charts. The content decides the format, not the name: portolan scan --json, -oX or -oG; nmap -oX or
        -oG; masscan -oX, -oJ, -oD, -oL or -oG; zmap's CSV; portolan --json. The two may have different formats, contain several runs, and
        be compressed with gzip.

        Only ports that both results cover are compared; the last lines show how many those are. A port that one of them did not scan is
        never reported as closed. An interrupted scan covers only the ports it lists. masscan's lists and zmap's files do not record what
        was scanned: --ports and --targets supply it for both files.

        A port that no longer answers may be filtered now, or the packet was lost. Such a change is marked, with the bound if the scan
        recorded one (portolan scan --json does), and --fail-on counts it only with uncertain. Two states that may both be true, e.g. open
        and open|filtered, are not a change.

        A certificate is reported as expiring if, between A and B, its expiry comes within 30, 14 or 3 days or passes. This needs scan
        -sC. Services and versions need scan -sV in both. Between two scanners, e.g. nmap and portolan, only products and versions are
        compared, because their notes and titles are worded differently.

        Changes alone do not affect the exit code: it is 0, unlike diff(1), which exits with 1. --fail-on any exits with 1 on any change.

        A chart shows what a machine listens on, a scan what other hosts see of it, so a chart and a scan are not compared.

        A time starts with @: @now, @yesterday, @'last monday', @2h, @2026-11-20T03:00. It stands for what the store (portolan history)
        had recorded at the end of that time, each port as last observed. Both sides may be times, or one of them a file.

        --ndiff prints the same text as ndiff for these two files, banners of the scans included.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan diff monday.xml tuesday.xml", "what changed between two scans"),
        new("portolan diff before.json after.json", "changes between two charts from portolan --json"),
        new(
            "portolan diff baseline.jsonl new.jsonl --fail-on opened,expiring",
            "exit code 1 when a port opened or a certificate expires, for CI"),
        new("portolan diff @yesterday @now", "what scans with --store have found since yesterday"),
        new("portolan diff old.list new.list --ports 1-1000", "masscan's lists do not record what was scanned"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "compared; changes alone do not affect the exit code (see --fail-on)"),
        new(ExitCode.NothingFound, "a change matches --fail-on"),
        new(ExitCode.Usage, "the command line is wrong; nothing was read"),
        new(ExitCode.Failed, "a result cannot be read, or the two cannot be compared"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["scan", "check", "ndiff(1)"];

    /// <inheritdoc/>
    public override string JsonSchema => DiffDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (failOn, junit, isNdiff) = (FailOn.Read(parsed.GetValue(_failOn)), parsed.GetValue(_junit), parsed.GetValue(_ndiff));
        var (ports, targets) = (parsed.GetValue(_ports), parsed.GetValue(_targets));
        if (isNdiff && (context.Json || failOn is not null || junit is not null || ports is not null || targets is not null))
        {
            throw new PortolanException(
                "--ndiff cannot be combined with other output options", $"leave out --ndiff, or the other options", ExitCode.Usage);
        }

        // As for scan, a number without U: is a TCP port.
        var hasUdp = ports?.Contains("U:", StringComparison.OrdinalIgnoreCase) == true;
        var selection = ports is null ? null : new PortGrammar(tcp: true, hasUdp, ServiceRegistry.BuiltIn).Parse(ports, "--ports");
        var options = new SnapshotOptions
        {
            TcpPorts = selection?.Tcp,
            UdpPorts = selection?.Udp,
            Targets = targets is null ? null : TargetScope.Parse(Words(targets), "--targets"),
        };
        var request = new DiffRequest(parsed.GetValue(_a)!, parsed.GetValue(_b)!, options, failOn, junit, isNdiff)
        {
            Store = parsed.GetValue(_store),
            IsOfCharts = parsed.GetValue(_charts),
        };
        return DiffRun.Run(request, context);
    }
    private static string[] Words(string list) => list.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
}
