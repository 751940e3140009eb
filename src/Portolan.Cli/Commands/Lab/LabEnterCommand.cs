using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands.Lab;

/// <summary><c>portolan lab enter</c>: a shell in a lab, at a host's place.</summary>
public sealed class LabEnterCommand : LabPlaceCommand
{
    private readonly Argument<string?> _host = new("HOST")
    {
        Description = "the host whose place the shell takes (default: the lab's vantage)",
        HelpName = "HOST",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Makes the command.</summary>
    public LabEnterCommand()
        : base("lab enter", "open a shell in a lab, at the place of a host")
    {
        Arguments.Add(_host);
    }

    /// <inheritdoc/>
    public override string Details =>
        $"""
        SHELL names the shell. It runs in a lab of that name that this user already runs: in another terminal, by portolan lab run or lab
        enter. If none runs, the lab is started and ends with the shell. The prompt starts with the lab and the host: (office:web).

        {PlaceText}
        """;

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan lab enter office web", "a shell at the place of the host web"),
        new("portolan lab enter office", "a shell at the vantage, beside the command of lab run"),
        new("portolan lab enter 14067 pc-3", "the lab of process 14067, if several have the same name"),
    ];

    /// <inheritdoc/>
    public override IReadOnlyList<string> SeeAlso => ["lab exec", "lab run", "lab show"];

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (context.Arguments.Contains("--"))
        {
            throw new PortolanException(
                "lab enter opens a shell and takes no command",
                $"portolan lab exec runs one: portolan lab exec {parsed.GetValue(Topology)} HOST -- COMMAND", ExitCode.Usage);
        }

        return context.BecomeServer(Enter(parsed, context, parsed.GetValue(_host), []));
    }
}
