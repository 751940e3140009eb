using System.CommandLine;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Watch.Documents;

namespace Portolan.Cli.Commands.History;

/// <summary><c>portolan history host</c>: a host's ports and changes.</summary>
public sealed class HistoryHostCommand : PortolanCommand
{
    private readonly Argument<string> _host = new("host")
    {
        Description = "an address or name as scanned, or the name of a machine whose chart is stored",
        HelpName = "HOST",
    };

    private readonly HistoryOptions _options = new();

    /// <summary>Builds the options.</summary>
    public HistoryHostCommand()
        : base("history host", "one host: its current and former open ports, since when, and what changed")
    {
        Arguments.Add(_host);
        Add("Which changes", _options.Choosing);
        Add("The store", _options.Store);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history host 198.18.0.2", "its ports and changes"),
        new("portolan history host 198.18.0.2 --since 90d --json", "as JSON"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
        ExitCodeMeaning.Finder("the store contains the host", "no store exists yet, or it does not contain the host");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history", "scan"];

    /// <inheritdoc/>
    public override string JsonSchema => HistoryDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var (store, question) = _options.Read(parsed, context);
        return HistoryRun.Run(store, question with { Host = parsed.GetValue(_host) }, context);
    }
}
