using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>A word that does nothing by itself and has commands of its own, such as <c>firewall</c>.</summary>
/// <remarks>
/// Its commands are named in <see cref="CommandTree"/> by their whole path; help, pages and completions list them by themselves.
/// </remarks>
public abstract class CommandGroup : PortolanCommand
{
    /// <summary>Takes the name and the one-line description.</summary>
    protected CommandGroup(string fullName, string summary)
        : base(fullName, summary)
    {
    }

    /// <inheritdoc/>
    public sealed override string WhyNoJson => $"give it to one of the commands: {string.Join(", ", CommandTree.NamesIn(FullName))}";

    /// <inheritdoc/>
    public sealed override IReadOnlyList<ExitCodeMeaning> ExitCodes => [new(ExitCode.Usage, "no command was given; nothing was done")];

    /// <inheritdoc/>
    public sealed override ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken) =>
        throw new PortolanException(
        $"portolan {FullName} needs a command: {string.Join(", ", CommandTree.NamesIn(FullName))}",
        $"run portolan help {Advice.Prose(FullName)}",
        ExitCode.Usage);

    /// <summary>What stands here for a command of another program; <c>null</c> for an unknown word.</summary>
    protected virtual Advice? RemedyForCommand(string word) => null;

    /// <summary>The error for a word that names none of its commands.</summary>
    internal PortolanException UnknownCommand(string word)
    {
        if (RemedyForCommand(word) is { } remedy)
        {
            return new PortolanException($"portolan {FullName} has no command '{TerminalText.Escape(word)}'", remedy, ExitCode.Usage);
        }

        var nearest = NearestWord.Find(word, CommandTree.NamesIn(FullName));
        return new PortolanException(
            $"portolan {FullName} has no command '{TerminalText.Escape(word)}'{(nearest is null ? "" : $"; did you mean {nearest}?")}",
            nearest is null
                ? Advice.Of($"portolan help {Advice.Prose(FullName)} lists its commands")
                : $"run portolan help {Advice.Prose(FullName)} {nearest}",
            ExitCode.Usage);
    }
}
