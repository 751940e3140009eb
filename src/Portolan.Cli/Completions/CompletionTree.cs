using System.CommandLine;
using System.CommandLine.Completions;
using Portolan.Cli.Help;
using Portolan.Cli.Hosting;

namespace Portolan.Cli.Completions;

/// <summary>What can follow on a command line, in the form the scripts of all shells are written from.</summary>
internal sealed record CompletionTree(CompletedCommand Default, IReadOnlyList<CompletedCommand> Commands)
{
    /// <summary>Reads the whole command tree.</summary>
    public static CompletionTree Read() => new(Describe(CommandTree.CreateDefault()), [.. CommandTree.CreateAll().Select(Describe)]);

    /// <summary>The words that call a group, and the commands that can follow it.</summary>
    public IEnumerable<(string Path, IEnumerable<CompletedCommand> Commands)> Groups =>
        Commands.Where(c => c.IsGroup).Select(g => (g.Path, Commands.Where(c => c.Parent == g.Path)));

    /// <summary>The commands that can stand first.</summary>
    public IEnumerable<CompletedCommand> First => Commands.Where(c => c.Parent.Length == 0);

    private static CompletedCommand Describe(PortolanCommand command) => new(
        command.FullName,
        command is CommandGroup,
        command.Description ?? "",
        [.. command.Groups.SelectMany(g => g.Options).Where(o => !o.Hidden).Concat(UsageLine.GlobalsOf(command)).Select(Describe)],
        command.Arguments.FirstOrDefault(a => !a.Hidden) is { } argument
            ? Values(argument.CompletionSources, () => argument.GetCompletions(CompletionContext.Empty), UsageLine.Placeholder(argument))
            : null);

    private static CompletedOption Describe(Option option) => new(
        option is ISpelledOption { Spelling: var spelling }
            ? [spelling.Split('[')[0], .. UsageLine.Names(option)]
            : UsageLine.Names(option),
        option.Description ?? "",
        option.Arity.MaximumNumberOfValues == 0
            ? null
            : Values(option.CompletionSources, () => option.GetCompletions(CompletionContext.Empty), UsageLine.Placeholder(option)));

    private static CompletedValue Values(
        List<Func<CompletionContext, IEnumerable<CompletionItem>>> sources,
        Func<IEnumerable<CompletionItem>> completions,
        string placeholder)
    {
        if (DynamicCompletions.IsDynamic(sources))
        {
            return new(placeholder, ValueKind.Dynamic, []);
        }

        string[] words = [.. completions().Select(c => c.Label)];
        return words.Length > 0 ? new(placeholder, ValueKind.Words, words)
            : placeholder is "FILE" or "DIR" ? new(placeholder, ValueKind.File, [])
            : new(placeholder, ValueKind.Free, []);
    }
}

/// <summary>A command and what can follow it.</summary>
/// <param name="Path">The words that call it, such as <c>firewall show</c>.</param>
/// <param name="IsGroup">Whether commands follow it rather than arguments.</param>
/// <param name="Summary">What it does.</param>
/// <param name="Options">Its options.</param>
/// <param name="Argument">Its first argument, if it has one.</param>
internal sealed record CompletedCommand(
    string Path, bool IsGroup, string Summary, IReadOnlyList<CompletedOption> Options, CompletedValue? Argument)
{
    /// <summary>The last of its words.</summary>
    public string Name => Path[(Path.LastIndexOf(' ') + 1)..];

    /// <summary>The words of the group it belongs to; empty where it stands first.</summary>
    public string Parent => Path[..Math.Max(0, Path.LastIndexOf(' '))];
}

/// <summary>An option; <paramref name="Value"/> is <c>null</c> for a flag.</summary>
internal sealed record CompletedOption(IReadOnlyList<string> Names, string Description, CompletedValue? Value);

/// <summary>The value of an option or argument.</summary>
internal sealed record CompletedValue(string Placeholder, ValueKind Kind, IReadOnlyList<string> Words);

/// <summary>Where the words of a value come from.</summary>
internal enum ValueKind
{
    /// <summary>It cannot be guessed.</summary>
    Free,

    /// <summary>A fixed list.</summary>
    Words,

    /// <summary>Files and folders.</summary>
    File,

    /// <summary>The program, asked when the key is pressed.</summary>
    Dynamic,
}
