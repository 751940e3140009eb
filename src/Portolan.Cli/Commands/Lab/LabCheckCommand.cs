using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab check</c>: mistakes in a lab's file.</summary>
public sealed class LabCheckCommand : LabTopicCommand
{
    /// <summary>Makes the command.</summary>
    public LabCheckCommand()
        : base("lab check", "mistakes in a lab's file")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Every mistake is a line FILE:LINE:COLUMN: what is wrong and what to write instead. All of a file are found at once. A scenario that the
        file names is played, in virtual time, as portolan lab run plays it: a file without errors is one that lab run runs, and whose scenario
        comes to its end there with all that it claims. Warnings are about what can be run nevertheless.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab check my-lab.yaml", "all mistakes of a file"),
        new("portolan lab check office", "built-in labs have none"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "there are no errors"),
        new(ExitCode.NothingFound, "there are errors"),
        new(ExitCode.Usage, "the command line is wrong, or there is no such file; nothing was done"),
        new(ExitCode.Failed, "failed"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab show", "lab run"];

    /// <inheritdoc/>
    public override string WhyNoJson => "its lines are in the form that editors read, FILE:LINE:COLUMN: MESSAGE";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(LabAction.Check, parsed, context));
}
