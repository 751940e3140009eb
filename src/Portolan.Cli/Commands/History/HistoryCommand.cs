using System.CommandLine;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Watch.Documents;

namespace Portolan.Cli.Commands.History;

/// <summary><c>portolan history</c>: what changed, and since when.</summary>
public sealed class HistoryCommand : PortolanCommand
{
    private readonly Argument<string?> _port = new("port")
    {
        Description = "a port or service, e.g. 8080, 8080/udp or https: where it was open, and what changed",
        HelpName = "PORT[/PROTO]",
        Arity = ArgumentArity.ZeroOrOne,
    };

    private readonly HistoryOptions _options = new();

    /// <summary>Builds the options.</summary>
    public HistoryCommand()
        : base("history", "changes with their dates, and since when a port is open")
    {
        Arguments.Add(_port);
        Add("Which changes", _options.Choosing);
        Add("The store", _options.Store);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The store is one file. Only commands with --store write to it: portolan --store, scan --store, check --store, and history import.
        It is $XDG_STATE_HOME/portolan/history.db, by default ~/.local/state/portolan/history.db, in a service its StateDirectory, or the
        file that --store names.

        A change was detected at the time FOUND, and happened after the time AFTER, when the previous state was last observed. Changes are
        those of portolan diff: only ports that both observations cover are compared, so a port that was not scanned is never reported as
        closed. The first observation of a host or port is not a change.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history", "the latest changes"),
        new("portolan history 8080", "where 8080 was open, since when, and what changed"),
        new("portolan history --since 'last monday' --port 443", "what changed on 443 since then"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder(
        "the store contains matching entries", "no store exists yet, or it contains no matching entries");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history host", "diff", "scan"];

    /// <inheritdoc/>
    public override string JsonSchema => HistoryDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (store, question) = _options.Read(parsed, context, parsed.GetValue(_port));
        return HistoryRun.Run(store, question, context);
    }
}
