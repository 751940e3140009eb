using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using Portolan.Cli.Hosting;
using Portolan.Model;

namespace Portolan.Cli.Completions;

/// <summary>
/// What completion scripts call: <c>portolan "[suggest:N]" WORD…</c> prints what word N (from 0, the program's name not
/// counted) may be, one per line with a tab and its meaning.
/// </summary>
internal static class SuggestHook
{
    private const string Start = "[suggest:";

    /// <summary>Whether the command line is such a call.</summary>
    public static bool IsCall(string[] args) =>
        args.Length > 0 && args[0].StartsWith(Start, StringComparison.Ordinal) && args[0].EndsWith(']');

    /// <summary>Answers the call.</summary>
    public static ExitCode Run(string[] args, CommandContext context, CancellationToken cancellationToken)
    {
        if (!int.TryParse(args[0].AsSpan(Start.Length..^1), NumberStyles.None, CultureInfo.InvariantCulture, out var index)
            || index >= args.Length)
        {
            throw new PortolanException(
                $"{args[0]} does not count the words that follow it", $"completion scripts call this; see portolan help completions",
                ExitCode.Usage);
        }

        // Where the cursor is behind the last word, the shell may leave out the empty word it is on.
        string[] before = args[1..(index + 1)];
        var current = index + 1 < args.Length ? args[index + 1] : "";
        var root = CommandTree.RootFor(before);
        var (sources, prefix) = Place(root, before, current);
        foreach (var source in sources)
        {
            foreach (var suggestion in DynamicCompletions.Suggest(source, before, prefix, context, cancellationToken))
            {
                context.Writer.WriteEscaped(suggestion.Word);
                context.Writer.Write('\t');
                context.Writer.WriteEscaped(suggestion.Meaning);
                context.Writer.WriteLine();
            }
        }

        return ExitCode.Success;
    }

    private static (List<Func<CompletionContext, IEnumerable<CompletionItem>>> Sources, string Prefix) Place(
        CommandLineRoot root, string[] before, string current)
    {
        // bash splits --sort=x into three words; other shells leave one.
        var equals = current.IndexOf('=', StringComparison.Ordinal);
        if (current.StartsWith("--", StringComparison.Ordinal) && equals > 0 && ValueOption(root, current[..equals]) is { } assigned)
        {
            return (assigned.CompletionSources, current[(equals + 1)..]);
        }

        var name = before is [.., { } option, "="] ? option : before is [.., { } last] ? last : "";
        if (ValueOption(root, name) is { } waiting)
        {
            return (waiting.CompletionSources, current == "=" ? "" : current);
        }

        // The last argument takes all further words.
        var count =
            before.Skip(root.IsDefault ? GlobalOptions.SkipLeading(before, 0) : root.FirstWord(before)).Count(w => !w.StartsWith('-'));
        var arguments = root.Command.Arguments;
        return arguments.Count == 0 ? ([], current) : (arguments[Math.Min(count, arguments.Count - 1)].CompletionSources, current);
    }

    private static Option? ValueOption(CommandLineRoot root, string name) =>
        root.Command.Options.Concat(root.Globals.All)
            .FirstOrDefault(o => o.Arity.MaximumNumberOfValues > 0 && (o.Name == name || o.Aliases.Contains(name)));
}
