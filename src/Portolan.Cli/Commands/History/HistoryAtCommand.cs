using System.CommandLine;
using Portolan.Cli.Charting;
using Portolan.Cli.History;
using Portolan.Cli.Hosting;
using Portolan.Cli.Storing;
using Portolan.Model;
using Portolan.Watch.Documents;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Commands.History;

/// <summary><c>portolan history at</c>: a port at a moment.</summary>
public sealed class HistoryAtCommand : PortolanCommand
{
    private readonly Argument<string> _when = new("when")
    {
        Description = "the time, e.g. 2026-11-20T03:00, 03:00 or yesterday",
        HelpName = "WHEN",
    };

    private readonly Argument<string> _port = PortArgument.Make();

    private readonly Option<string?> _host = new("--host") { Description = "only this host", HelpName = "HOST" };

    private readonly Option<string?> _store = StoreOption.ForReading();

    /// <summary>Builds the options.</summary>
    public HistoryAtCommand()
        : base("history at", "the state of a port at a time: open, closed or not observed")
    {
        Arguments.Add(_when);
        Arguments.Add(_port);
        Add("Which hosts", _host);
        Add("The store", _store);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        The precision of a time sets its length: 03:00 is a minute, yesterday a day. The answer is the last observation within it. If
        there was none, the port was not observed, and the observations before and after are shown: the last known state is never used as
        an answer.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan history at 2026-11-20T03:00 8080", "8080 on every host then"),
        new("portolan history at yesterday 443 --host 198.18.0.2", "443 of one host as last observed yesterday"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Finder(
        "the port was observed then", "it was not observed then, or no store exists yet");

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["history", "diff"];

    /// <inheritdoc/>
    public override string JsonSchema => MomentDocument.Format;

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var port = PortArgument.Parse(parsed.GetValue(_port)!, () => context.Machine.Services, "history at");
        var moment = Moment.Parse(parsed.GetValue(_when)!, context.Clock.GetUtcNow(), context.Clock.LocalTimeZone, "WHEN");
        return HistoryAt.Run(
            StoreOption.PathOf(parsed.GetValue(_store), context), moment, port, parsed.GetValue(_host), context, cancellationToken);
    }
}
