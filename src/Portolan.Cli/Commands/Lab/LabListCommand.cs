using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Model.Invocation;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab list</c>: the built-in labs.</summary>
public sealed class LabListCommand : PortolanCommand
{
    /// <summary>Makes the command.</summary>
    public LabListCommand()
        : base("lab list", "the built-in labs")
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab list", "names and purposes"),
        new("portolan lab list --json", "the same for programs"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab run", "lab show"];

    /// <inheritdoc/>
    public override string JsonSchema => "portolan.labs/1";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        context.BecomeServer(new LabInvocation(LabAction.List) { Json = context.Json, Debug = context.Debug });
}
