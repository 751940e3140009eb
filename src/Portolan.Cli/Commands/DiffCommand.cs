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
        Description = "the earlier result: a file, - for standard input, or a moment of the store such as @yesterday",
    };

    private readonly Argument<string> _b = new("B")
    {
        Description = "the later result: a file, - for standard input, or a moment of the store such as @now",
    };

    private readonly Option<string?> _ports = new("--ports", "-p")
    {
        Description = "the ports that were scanned, in nmap's words, where a file does not say",
        HelpName = "PORTS",
    };

    private readonly Option<string?> _targets = new("--targets")
    {
        Description = "the addresses that were scanned, with commas between, where a file does not say",
        HelpName = "TARGETS",
    };

    private readonly Option<string?> _failOn = new("--fail-on")
    {
        Description =
            "exit with 1 on these changes, with commas between: opened, closed, expiring, changed (any other of a port or a name), host "
            + "(up or down), any, one of the words of the table, and uncertain for those that lost packets may explain",
        HelpName = "WHAT",
        CompletionSources = { static _ => FailOn.Words },
    };

    private readonly Option<string?> _junit = new("--junit")
    {
        Description = "also write the changes to FILE as JUnit's XML",
        HelpName = "FILE",
    };

    private readonly Option<bool> _ndiff = new("--ndiff") { Description = "print the text that ndiff prints; both files are nmap's XML" };

    private readonly Option<string?> _store = StoreOption.ForReading();

    private readonly Option<bool> _charts = new("--charts") { Description = "of moments: compare the charts of this machine, not scans" };

    /// <summary>Builds the options.</summary>
    public DiffCommand()
        : base("diff", "what changed between two results: ports, services, certificates, owners, reach")
    {
        Arguments.Add(_a);
        Arguments.Add(_b);
        Add("What was scanned", _ports, _targets);
        Add("What must not change", _failOn, _junit);
        Add("How to print", _ndiff);
        Add("Moments of the store", _store, _charts);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        A and B are two scans or two charts. The content says what they are, not the name: portolan scan --json, -oX or -oG; nmap -oX
        or -oG; masscan -oX, -oJ, -oD, -oL or -oG; zmap's CSV; portolan --json. They may be of different formats, hold several runs
        one after the other, and be compressed with gzip.

        Only what both looked at is compared, and the last lines say how much that is. A port that one of them did not scan is never
        called closed. A scan that was interrupted covers the ports that it names. masscan's lists and zmap's do not say what was
        scanned: --ports and --targets say it, for both files.

        A port that no longer answers may be filtered now, or the packet was lost. Such a change is marked, with the bound where the scan
        knows it (portolan scan --json does), and --fail-on counts it only with uncertain. Two states that may both be true, such as open
        and open|filtered, are no change.

        A certificate is reported as expiring when it comes within 30, 14 or 3 days of its end, or past it, between A and B. It needs scan
        -sC. Services and versions need scan -sV in both. Of two scanners, such as nmap and portolan, only products and versions are
        compared: notes and titles are worded differently.

        Changes alone do not change the exit code: it is 0, where diff(1) ends with 1. --fail-on any ends with 1 after any change.

        A chart knows what a machine listens on, a scan what others see of it, so the two are not compared.

        A moment begins with @: @now, @yesterday, @'last monday', @2h, @2026-11-20T03:00. It is what the store (portolan history) knew
        at the end of that moment, each port as the last look at it found it. Both sides may be moments, or one a file.

        --ndiff prints what ndiff prints for the same two files, banners of the scans included.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan diff monday.xml tuesday.xml", "what changed between two scans"),
        new("portolan diff before.json after.json", "between two charts that portolan --json wrote"),
        new(
            "portolan diff baseline.jsonl new.jsonl --fail-on opened,expiring",
            "exit code 1 when a port opened or a certificate expires, for CI"),
        new("portolan diff @yesterday @now", "what scans with --store found since yesterday"),
        new("portolan diff old.list new.list --ports 1-1000", "masscan's lists do not say what was scanned"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "compared; changes alone do not change the exit code (see --fail-on)"),
        new(ExitCode.NothingFound, "there is a change that --fail-on names"),
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
                "--ndiff stands alone: its text has no other form", $"leave out --ndiff, or the other options", ExitCode.Usage);
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
