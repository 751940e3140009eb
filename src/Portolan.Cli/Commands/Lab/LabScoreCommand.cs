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
        Description = "the ports that were scanned, in nmap's words, where the file does not say",
        HelpName = "PORTS",
    };

    private readonly Option<string?> _targets = new("--targets")
    {
        Description = "the targets that were scanned, in nmap's words with commas between, where the file does not say",
        HelpName = "TARGETS",
    };

    /// <summary>Makes the command.</summary>
    public LabScoreCommand()
        : base("lab score", "how accurate a scanner's result is")
    {
        Arguments.Add(_result);
        Add("What was scanned", _ports, _targets);
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Precision is the part of the ports that the scanner says are open which are open; recall the part of the open ports that it found.
        Both count the targets and ports that it scanned and no others. open|filtered is right where nothing answers; ports whose answer
        changes with time are left out. Each wrong port is shown with what decides about it.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab score scan-me result.xml", "of nmap -oX"),
        new(
            "portolan lab score office masscan.json -p 1-1000 --targets 198.18.1.0/24 --json",
            "masscan's file does not say what was scanned"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "every state is right"),
        new(ExitCode.NothingFound, "a state is wrong"),
        new(ExitCode.Usage, "the command line is wrong, or a file; nothing was done"),
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
