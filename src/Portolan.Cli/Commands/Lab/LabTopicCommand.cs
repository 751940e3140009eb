using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary>A command of <c>portolan lab</c> that is about one lab. The work is the server's.</summary>
public abstract class LabTopicCommand : PortolanCommand
{
    /// <summary>Takes the name and the one-line description.</summary>
    protected LabTopicCommand(string fullName, string summary)
        : base(fullName, summary) => Arguments.Add(Topology);

    /// <summary>The lab.</summary>
    protected Argument<string> Topology { get; } = new("LAB")
    {
        Description = "a file, or the name of a built-in lab",
        HelpName = "FILE|NAME",
    };

    /// <inheritdoc/>
    public override IReadOnlyList<ExitCodeMeaning> ExitCodes =>
    [
        new(ExitCode.Success, "done"),
        new(ExitCode.Usage, "the command line or the lab file is wrong; nothing was done"),
        new(ExitCode.Failed, "failed"),
    ];

    /// <summary>The invocation with what all of them have.</summary>
    protected LabInvocation About(LabAction action, ParseResult parsed, CommandContext context) =>
        new(action) { Topology = NotEmpty(parsed.GetValue(Topology)!), Json = context.Json, Debug = context.Debug };

    /// <summary>A name with a dash before it would be an option of the server's.</summary>
    protected static string NotEmpty(string name) => name.Length == 0
        ? throw new PortolanException(
            "the name of the lab or file is empty", $"run portolan lab list for the built-in labs", ExitCode.Usage)
        : name[0] == '-' ? $"./{name}" : name;
}
