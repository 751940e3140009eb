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
        : base("lab check", "check a lab file for errors")
    {
    }

    /// <inheritdoc/>
    public override string Details =>
        """
        Each error is one line FILE:LINE:COLUMN: the problem and its remedy. All errors of a file are found at once. If the file names a
        scenario, it is played in virtual time as portolan lab run plays it: lab run can run a file without errors, and its scenario ends
        there with all its claims true. Warnings concern labs that can still run.
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab check my-lab.yaml", "all errors of a file"),
        new("portolan lab check office", "built-in labs have none"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "there are no errors"),
        new(ExitCode.NothingFound, "there are errors"),
        new(ExitCode.Usage, "the command line is wrong, or the file does not exist; nothing was done"),
        new(ExitCode.Failed, "failed"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab show", "lab run"];

    /// <inheritdoc/>
    public override string WhyNoJson => "its lines have the form that editors parse, FILE:LINE:COLUMN: MESSAGE";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(About(LabAction.Check, parsed, context));
}
