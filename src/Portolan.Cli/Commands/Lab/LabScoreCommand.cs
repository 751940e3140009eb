using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab score</c>: how right a scanner was.</summary>
public sealed class LabScoreCommand : LabTopicCommand
{
    private readonly Argument<string> _result = new("RESULT")
    {
        Description = "the scanner's file: nmap XML, masscan JSON or list, zmap CSV, or portolan scan --json",
        HelpName = "RESULT",
    };

    private readonly Option<string?> _ports = new("--ports", "-p")
    {
        Description = "the scanned ports, in nmap's syntax, if the file does not list them",
        HelpName = "PORTS",
    };

    private readonly Option<string?> _targets = new("--targets")
    {
        Description = "the scanned targets, in nmap's syntax, separated by commas, if the file does not list them",
        HelpName = "TARGETS",
    };

    /// <summary>Makes the command.</summary>
    public LabScoreCommand()
        : base("lab score", "the accuracy of a scanner's result")
    {
        Arguments.Add(_result);
        Add("What was scanned", _ports, _targets);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Precision is the share of ports reported as open that are open; recall is the share of open ports that were found. Both count only
        targets and ports that the scanner covered. open|filtered is correct if nothing answers; ports whose answer changes over time are
        left out. Each wrong port is shown with the reason for its true state.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab score scan-me result.xml", "a result of nmap -oX"),
        new(
            "portolan lab score office masscan.json -p 1-1000 --targets 198.18.1.0/24 --json",
            "masscan's file does not record what was scanned"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every state is correct"),
        new(ExitCode.NothingFound, "a state is wrong"),
        new(ExitCode.Usage, "the command line or a file is wrong; nothing was done"),
        new(ExitCode.Failed, "failed"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab truth", "lab run", "scan"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.score/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(LabAction.Score, parsed, context) with
        {
            Result = NotEmpty(parsed.GetValue(_result)!),
            Ports = parsed.GetValue(_ports),
            Targets = parsed.GetValue(_targets),
        });
}
