using System.CommandLine;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan help [COMMAND]</c>.</summary>
public sealed class HelpCommand : PortolanCommand
{
    private readonly Argument<string?> _command = new("command") { Description = "the command to explain", HelpName = "COMMAND", Arity = ArgumentArity.ZeroOrOne };

    /// <summary>Makes the command.</summary>
    public HelpCommand()
        : base("help", "show the commands, or explain one of them") => Arguments.Add(_command);

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples { get; } =
    [
        new("portolan help", "all commands, one line each"),
        new("portolan help version", "one command with examples, options and exit codes"),
    ];

    /// <inheritdoc/>
    public override string? WhyNoJson => "help is text for people; docs/cli and the man pages come from the same source";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        if (parsed.GetValue(_command) is not { } name)
        {
            HelpText.WriteOverview(context);
            return ExitCode.Success;
        }

        HelpText.Write(CommandTree.Create(name) ?? throw WordCheck.UnknownCommand(name), context);
        return ExitCode.Success;
    }
}
