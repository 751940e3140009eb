using System.CommandLine;
using Portolan.Model;

namespace Portolan.Cli.Hosting;

/// <summary>
/// A command: its name, texts, options and what it does. Help, man pages, completions and docs/cli are all made from
/// these members, and a test walks every one of them.
/// </summary>
/// <remarks>
/// To add a command: derive from this in <c>Commands/NameCommand.cs</c>, keep the options as fields, hand them to
/// <see cref="Add(string, ReadOnlySpan{Option})"/> in the constructor, and name the command once in <see cref="CommandTree"/>.
/// The constructor runs at every start of that command: it builds options and nothing else.
/// </remarks>
public abstract class PortolanCommand : Command
{
    private readonly List<OptionGroup> _groups = [];

    /// <summary>Takes the name and the one-line description, which starts with a verb or noun and has no full stop.</summary>
    /// <param name="fullName">The words that call it: <c>list</c>, or <c>firewall show</c> for a command of a group.</param>
    /// <param name="summary">The description.</param>
    protected PortolanCommand(string fullName, string summary)
        : base(fullName[(fullName.LastIndexOf(' ') + 1)..], summary) => FullName = fullName;

    /// <summary>The words that call it, such as <c>list</c> or <c>firewall show</c>.</summary>
    public string FullName { get; }

    /// <summary>Whether this is the command that runs when none is named.</summary>
    public bool IsDefault => FullName == "portolan";

    /// <summary>What the reader of the man page wants to know beyond the one line; paragraphs are separated by an empty line.</summary>
    public virtual string Details => "";

    /// <summary>Two or three real command lines, shown first in help.</summary>
    public abstract IReadOnlyList<CommandExample> Examples { get; }

    /// <summary>The exit codes this command ends with.</summary>
    public virtual IReadOnlyList<ExitCodeMeaning> ExitCodes => ExitCodeMeaning.Common;

    /// <summary>Names of related commands, such as <c>list</c>, or of man pages, such as <c>ss(8)</c>.</summary>
    public virtual IReadOnlyList<string> SeeAlso => [];

    /// <summary>
    /// The schema that <c>--json</c> follows, such as <c>portolan.sockets/1</c>; <c>null</c> when the command has no <c>--json</c>.
    /// </summary>
    public virtual string? JsonSchema => null;

    /// <summary>
    /// Why the command has no <c>--json</c>; <c>null</c> when it has. The text completes "--json is not supported here: ".
    /// </summary>
    public virtual string? WhyNoJson => null;

    /// <summary>
    /// Puts words that other tools taught people into the form the parser takes. Runs before parsing; the command's own words only.
    /// </summary>
    public virtual IReadOnlyList<string> Normalize(IReadOnlyList<string> args) => args;

    /// <summary>
    /// What to run instead of an option that another tool has and this command has not; <c>null</c> for an unknown one.
    /// </summary>
    /// <param name="name">The option as typed, such as <c>-K</c>.</param>
    public virtual Advice? Remedy(string name) => null;

    /// <summary>The option groups in the order of help.</summary>
    public IReadOnlyList<OptionGroup> Groups => _groups;

    /// <summary>
    /// Does the work. Data goes to <see cref="CommandContext.Output"/>, everything else to <see cref="CommandContext.Error"/>.
    /// </summary>
    /// <param name="parsed">The parsed command line, free of errors.</param>
    /// <param name="context">The streams, the clock and the machine.</param>
    /// <param name="cancellationToken">Cancelled by Ctrl-C and SIGTERM after <see cref="CommandContext.EndInOrder"/>; let
    /// <see cref="OperationCanceledException"/> escape.</param>
    public abstract ExitCode Run(ParseResult parsed, CommandContext context, CancellationToken cancellationToken);

    /// <summary>Adds options under a heading of help, such as <c>Which sockets</c>. Call again with the same heading to add more.</summary>
    protected void Add(string group, params ReadOnlySpan<Option> options)
    {
        var target = _groups.Find(g => string.Equals(g.Title, group, StringComparison.Ordinal));
        if (target is null)
        {
            target = new OptionGroup(group);
            _groups.Add(target);
        }

        foreach (var option in options)
        {
            // A flag takes no value: `-l true` is a flag and a word, not a flag that is set to true.
            if (option is Option<bool>)
            {
                option.Arity = ArgumentArity.Zero;
            }

            target.Add(option);
            Options.Add(option);
        }
    }
}

/// <summary>Options under one heading of help.</summary>
public sealed class OptionGroup(string title)
{
    private readonly List<Option> _options = [];

    /// <summary>The heading.</summary>
    public string Title { get; } = title;

    /// <summary>The options, in the order of help.</summary>
    public IReadOnlyList<Option> Options => _options;

    internal void Add(Option option) => _options.Add(option);
}

/// <summary>A real command line and what it shows.</summary>
/// <param name="CommandLine">Such as <c>portolan list -tln</c>; a test parses it.</param>
/// <param name="Shows">One line without a full stop.</param>
public sealed record CommandExample(string CommandLine, string Shows);

/// <summary>An exit code and when a command ends with it.</summary>
public sealed record ExitCodeMeaning(ExitCode Code, string When)
{
    /// <summary>What is true of every command.</summary>
    public static IReadOnlyList<ExitCodeMeaning> Common { get; } =
    [
        new(ExitCode.Success, "done"),
        new(ExitCode.Usage, "the command line is wrong; nothing was done"),
        new(ExitCode.Failed, "failed, or partly failed"),
    ];

    /// <summary>Of commands that do nothing without some privilege.</summary>
    public static ExitCodeMeaning NoPrivilege { get; } = new(ExitCode.NoPrivilege, "missing privilege; nothing was done");

    /// <summary>Of commands that run until somebody ends them.</summary>
    public static IReadOnlyList<ExitCodeMeaning> Signals { get; } =
    [
        new(ExitCode.HungUp, "ended because its terminal went away (SIGHUP)"),
        new(ExitCode.Interrupted, "ended by Ctrl-C (SIGINT)"),
        new(ExitCode.Terminated, "ended by SIGTERM"),
    ];

    /// <summary><see cref="Common"/> with the meaning of 0 and 1 for commands that look for something.</summary>
    public static IReadOnlyList<ExitCodeMeaning> Finder(string found, string notFound) =>
        [new(ExitCode.Success, found), new(ExitCode.NothingFound, notFound), .. Common.Skip(1)];
}
