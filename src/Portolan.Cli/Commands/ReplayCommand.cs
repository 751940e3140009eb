using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Linux.Scratch;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary>
/// <c>portolan replay</c>, hidden: what runs inside a scratch namespace. It does what it is asked over its standard streams.
/// </summary>
public sealed class ReplayCommand : PortolanCommand
{
    /// <summary>Makes the command.</summary>
    public ReplayCommand()
        : base("replay", "be the program inside a scratch namespace")
    {
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples => [new("portolan replay", "answers requests until its stdin ends")];

    /// <inheritdoc/>
    public override string WhyNoJson => "only portolan itself uses it";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        using var server = new ScratchServer();
        server.Run(context.OpenInputBytes(), context.Output);
        return ExitCode.Success;
    }
}
