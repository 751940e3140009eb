using System.CommandLine;
using Portolan.Cli.Completions;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Commands;

/// <summary><c>portolan help [COMMAND]</c>.</summary>
public sealed class HelpCommand : PortolanCommand
{
    private readonly Argument<string[]> _command = new("command")
    {
        Description = "the command to explain, e.g. list or firewall show",
        HelpName = "COMMAND",
        Arity = ArgumentArity.ZeroOrMore,
    };

    /// <summary>Makes the command.</summary>
    public HelpCommand()
        : base("help", "show the commands, or explain one of them")
    {
        _command.CompletionSources.Add(DynamicCompletions.CommandNames);
        Arguments.Add(_command);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<CommandExample> Examples =>
    [
        new("portolan help", "all commands, one line each"),
        new("portolan help list", "one command with examples, options and exit codes"),
    ];

    /// <inheritdoc/>
    public override string? WhyNoJson => "help is text; docs/cli and the man pages have the same source";

    /// <inheritdoc/>
    public override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken)
    {
        var words = parsed.GetValue(_command) ?? [];
        HelpText.Write(words is [] or ["portolan"] ? CommandTree.CreateDefault() : Find(words), context);
        return ExitCode.Success;
    }

    private static PortolanCommand Find(string[] words)
    {
        if (words.All(w => !w.Contains(' ', StringComparison.Ordinal)) && CommandTree.Create(string.Join(' ', words)) is { } command)
        {
            return command;
        }

        if (CommandTree.Create(words[0]) is not { } first)
        {
            throw WordCheck.UnknownCommand(words[0]);
        }

        throw first is CommandGroup group
            ? group.UnknownCommand(words[1])
            : new PortolanException(
                $"portolan {Advice.Prose(first.FullName)} has no subcommands", $"run portolan help {Advice.Prose(first.FullName)}",
                ExitCode.Usage);
    }
}
