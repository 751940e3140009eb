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
        : base("help", "show the commands, or explain one of them")
    {
        _command.CompletionSources.Add(static _ => CommandTree.Names);
        Arguments.Add(_command);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan help", "all commands, one line each"),
        new("portolan help list", "one command with examples, options and exit codes"),
    ];

    /// <inheritdoc/>
    public override string? WhyNoJson => "help is text for people; docs/cli and the man pages come from the same source";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var name = parsed.GetValue(_command);
        var command = name is null or "portolan" ? CommandTree.CreateDefault() : CommandTree.Create(name) ?? throw WordCheck.UnknownCommand(name);
        HelpText.Write(command, context);
        return ExitCode.Success;
    }
}
