using System.CommandLine;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Model.Registry;
using Portolan.Scan.Formats.Reading;
using Portolan.Scan.Targets;
using Portolan.Watch.Recording;
using Portolan.Watch.Snapshots;

namespace Portolan.Cli.Commands.History;

/// <summary><c>portolan history import</c>: results from files into the store.</summary>
public sealed class HistoryImportCommand : PortolanCommand
{
    private readonly Argument<string[]> _files = new("files")
    {
        Description = "scan results, or charts from portolan --json; - for standard input",
        HelpName = "FILE",
        Arity = ArgumentArity.OneOrMore,
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

    private readonly Option<string?> _taken = new("--taken")
    {
        Description = "the time of the scan, if a file does not contain it, e.g. 2026-11-20T03:00",
        HelpName = "WHEN",
    };

    private readonly Option<string?> _store = StoreOption.ForReading();

    /// <summary>Builds the options.</summary>
    public HistoryImportCommand()
        : base("history import", "add results from files to the store: nmap, masscan, zmap, Portolan")
    {
        Arguments.Add(_files);
        Add("What was scanned", _ports, _targets, _taken);
        Add("The store", _store);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The formats are those of portolan diff; the content decides which. Several files are added in the order of their scans. A file
        that the store already contains is not added twice.

        Results older than a host's last observation are kept as observations, but no change is derived from them. Import the oldest
        first, or all at once.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history import monday.xml tuesday.xml", "two scans by nmap or portolan"),
        new("portolan history import old.list --ports 1-1000 --targets 198.18.0.0/24", "masscan's lists do not record what was scanned"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every file is in the store"),
        new(ExitCode.Usage, "the command line is wrong; nothing was read"),
        new(ExitCode.Failed, "a file cannot be read, or the store cannot be written; earlier files stay added"),
    ];

    /// <inheritdoc/>
    public override string WhyNoJson => "it prints a summary of the added results; portolan history --json shows the stored data";

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history", "diff", "scan"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (ports, targets, taken) = (parsed.GetValue(_ports), parsed.GetValue(_targets), parsed.GetValue(_taken));
        var hasUdp = ports?.Contains("U:", StringComparison.OrdinalIgnoreCase) == true;
        var selection = ports is null ? null : new PortGrammar(tcp: true, hasUdp, ServiceRegistry.BuiltIn).Parse(ports, "--ports");
        var options = new SnapshotOptions
        {
            TcpPorts = selection?.Tcp,
            UdpPorts = selection?.Udp,
            Targets = targets is null ? null : TargetScope.Parse(
                targets.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries), "--targets"),
        };
        DateTimeOffset? at = taken is null
            ? null
            : Moment.Parse(taken, context.Clock.GetUtcNow(), context.Clock.LocalTimeZone, "--taken").Start;
        return HistoryImport.Run(
            parsed.GetValue(_files)!, StoreOption.PathOf(parsed.GetValue(_store), context), options, at, context, cancellationToken);
    }
}
