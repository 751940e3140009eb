using System.CommandLine;
using Portolan.Cli.Completions;
using Portolan.Cli.Hosting;
using Portolan.Cli.Lookup;
using Portolan.Model;
using Portolan.Model.Documents;
using Portolan.Model.Registry;
using Portolan.Reachability.Composing;
using Portolan.Reachability.Documents;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan port</c>: what IANA's registry says about a port, and which port a service has.</summary>
public sealed class PortCommand : PortolanCommand
{
    private readonly Argument<string[]> _words = new("word")
    {
        Description = "a port (443, 443/tcp), a range (8000-8100), a list (22,80), a service (https) or a name prefix ('post*')",
        HelpName = "WORD",
        Arity = ArgumentArity.ZeroOrMore,
        CompletionSources = { DynamicCompletions.ServiceNames },
    };

    private readonly Option<string?> _search = new("--search", "-s")
    {
        Description = "entries with TEXT, and every WORD, in a name, the description or the reference",
        HelpName = "TEXT",
    };

    private readonly Option<string?> _protocol = new("--protocol", "-p")
    {
        Description = "entries of one protocol only: tcp, udp, sctp or dccp",
        HelpName = "PROTO",
        CompletionSources = { static _ => ["tcp", "udp", "sctp", "dccp"] },
    };

    private readonly Option<string?> _update = new("--update")
    {
        Description = "use FILE, IANA's CSV or XML, as this user's registry",
        HelpName = "FILE",
    };

    private readonly Option<bool> _forget = new("--forget") { Description = "remove this user's registry and use the built-in one again" };

    private readonly Option<bool> _verbose = new("--verbose", "-v")
    {
        Description = "for one port, also show this host's ephemeral range and its usage",
    };

    /// <summary>Builds the options.</summary>
    public PortCommand()
        : base("port", "IANA's registry: services of a port, and ports of a service")
    {
        Arguments.Add(_words);
        Add("Which entries", _search, _protocol);
        Add("What to show", _verbose);
        Add("The registry itself", _update, _forget);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The program contains the whole IANA Service Name and Transport Protocol Port Number Registry: TCP, UDP, SCTP and DCCP, every name
        and alias, ranges, and whether a port is assigned, reserved or unassigned. It never queries the network. A registered name states
        the purpose of a port, not what listens there: portolan who shows that.

        One port or service is shown in full: its holder on this host, then its entries and its category (System, User, Dynamic). -v adds
        this host's own ephemeral range, which is a separate setting. Several are shown as a table. Without WORD the registry and the
        ranges are summarised. A protocol at the end of a list, as in 22,80/tcp, applies to the whole list. UDP-Lite shares UDP's entries.

        --update reads the file that IANA publishes as service-names-port-numbers.csv or .xml and stores it under $XDG_DATA_HOME/portolan,
        by default ~/.local/share/portolan. All commands then use its service names. A malformed file changes nothing; the line and column
        of the error are shown. A damaged stored registry is ignored with a warning.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan port 443", "everything about one port"),
        new("portolan port https 8000-8100 22,80/tcp", "by name, range and list"),
        new("portolan port 'post*'", "services whose names start with post"),
        new("portolan port --search mail", "names and descriptions that contain the word"),
        new("portolan port --update service-names-port-numbers.csv", "use a newer copy of the registry"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        ExitCodeMeaning.Finder("found, or done", "a WORD or the search matched no assigned or reserved entry; the rest was shown");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["who", "free", "list", "services(5)"];

    /// <inheritdoc/>
    public override string JsonSchema => RegistryDocument.Format;

    /// <inheritdoc/>
    public override Advice? Remedy(string name) =>
        name.Length > 1 && char.IsAsciiDigit(name[1]) ? Advice.Of($"a range from port 1 is written 1-100") : null;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var words = parsed.GetValue(_words) ?? [];
        var search = parsed.GetValue(_search);
        var protocol = parsed.GetValue(_protocol) is { } name ? PortQueryParser.ReadProtocol(name) : (TransportProtocol?)null;
        var update = parsed.GetValue(_update);
        var forget = parsed.GetValue(_forget);
        if (update is not null || forget)
        {
            context.EndInOrder();
            return (update is null || !forget) && words.Length == 0 && search is null && protocol is null
                ? update is null ? RegistryUpdate.Forget(context) : RegistryUpdate.Update(update, context)
                : throw new PortolanException(
                    $"{(update is null ? "--forget" : "--update FILE")} stands alone", $"run portolan help port", ExitCode.Usage);
        }

        return search is not null ? Search(string.Join(' ', [search, .. words]), protocol, context, cancellationToken)
            : words.Length > 0 ? Look(words, protocol, parsed.GetValue(_verbose), context, cancellationToken)
            : protocol is null ? Summarize(context, cancellationToken)
            : throw new PortolanException(
                "--protocol needs a WORD or --search", $"run portolan port 0-65535 --protocol {protocol.Value.Name()} for everything",
                ExitCode.Usage);
    }

    private static ExitCode Look(
        string[] words, TransportProtocol? protocol, bool isVerbose, CommandContext context, CancellationToken cancellationToken)
    {
        var parser = new PortQueryParser(context.Machine.Services, protocol);
        var answer = RegistryAnswer.To([.. words.SelectMany(parser.Parse)], context.Machine.Services);
        Show(answer, isVerbose, context, cancellationToken);
        var misses = new LookupMisses(context.Error, context.Machine.Services);
        foreach (var query in answer.Misses)
        {
            misses.Report(query);
        }

        return answer.Misses.Count == 0 ? ExitCode.Success : ExitCode.NothingFound;
    }

    private static ExitCode Search(string text, TransportProtocol? protocol, CommandContext context, CancellationToken cancellationToken)
    {
        if (string.IsNullOrWhiteSpace(text))
        {
            throw new PortolanException("--search needs a word", $"run portolan port 0-65535 for everything", ExitCode.Usage);
        }

        var answer = RegistryAnswer.OfSearch(context.Machine.Services.Search(text, protocol));
        Show(answer, isVerbose: false, context, cancellationToken);
        if (answer.Entries.Count > 0)
        {
            return ExitCode.Success;
        }

        new LookupMisses(context.Error, context.Machine.Services).ReportSearch(text, protocol);
        return ExitCode.NothingFound;
    }

    private static void Show(RegistryAnswer answer, bool isVerbose, CommandContext context, CancellationToken cancellationToken)
    {
        // Only an answer about one port reports what it means on this host: the rest is a plain lookup.
        var use = answer.Subject is null || !(isVerbose || context.Json)
            ? null : EphemeralSurvey.Read(context.Machine, isRemark: true, cancellationToken);
        if (context.Json)
        {
            JsonOutput.WriteDocument(
                context.Output, RegistryDocument.Of(context.Machine.Services, context.RegistryPath, answer.Entries, use),
                ReachabilityDocuments.Default.RegistryDocument);
            return;
        }

        if (answer.Subject is { } subject)
        {
            new EntryText(context.Writer, context.OutputWidth, context.OutputColor).Write(
                subject, answer.Entries, subject.Count == 1 ? LocalHolders.Lines(
                    subject.First, [.. answer.Entries.Select(static e => e.Protocol).Distinct()], context, cancellationToken) : [],
                use);
        }
        else
        {
            EntryTable.Write(context.Writer, answer.Entries, context.OutputColor, context.OutputWidth);
        }

        context.Flush();
    }

    private static ExitCode Summarize(CommandContext context, CancellationToken cancellationToken)
    {
        var use = EphemeralSurvey.Read(context.Machine, isRemark: false, cancellationToken);
        if (context.Json)
        {
            var summary = RegistrySummary.Of(context.Machine.Services);
            JsonOutput.WriteDocument(
                context.Output, RegistryDocument.Of(context.Machine.Services, context.RegistryPath, [], use, summary),
                ReachabilityDocuments.Default.RegistryDocument);
        }
        else
        {
            RegistrySummaryText.Write(
                context.Writer, context.Machine.Services, context.RegistryPath, use, context.Machine.Settings, context.OutputColor);
        }

        return ExitCode.Success;
    }
}
