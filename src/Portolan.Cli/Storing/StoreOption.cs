using System.CommandLine;
using Portolan.Cli.Hosting;
using Portolan.Model;
using Portolan.Store;
using Portolan.Store.Files;
using Portolan.Watch.Recording;

namespace Portolan.Cli.Storing;

/// <summary>The option <c>--store</c>, with a file or without.</summary>
internal static class StoreOption
{
    private const string Usual = "default";

    /// <summary>Of a command that adds to the store when it is given.</summary>
    public static Option<string?> ForAdding() => new("--store")
    {
        Description = "also add the result to the store that portolan history reads: this user's, or FILE, which starts with / or . "
            + "or ends in .db (see portolan help history)",
        HelpName = "FILE",
        Arity = ArgumentArity.ZeroOrOne,
    };

    /// <summary>Of a command that asks the store.</summary>
    public static Option<string?> ForReading() => new("--store")
    {
        Description = "the store (default: this user's)",
        HelpName = "FILE",
    };

    /// <summary>
    /// Gives a bare <c>--store</c> its value, so that the target behind it stays a target: <c>scan --store 192.0.2.7</c>.
    /// </summary>
    public static IReadOnlyList<string> Normalize(IReadOnlyList<string> args)
    {
        if (!args.Contains("--store"))
        {
            return args;
        }

        var words = new List<string>(args.Count);
        for (var i = 0; i < args.Count; i++)
        {
            if (args[i] == "--")
            {
                words.AddRange(args.Skip(i));
                break;
            }

            var isFile = args[i] == "--store" && i + 1 < args.Count && IsFile(args[i + 1]);
            words.Add(isFile ? $"--store={args[++i]}" : args[i] == "--store" ? $"--store={Usual}" : args[i]);
        }

        return words;
    }

    /// <summary>The file that was named, or this user's; <c>null</c> where the option was not given.</summary>
    public static string? Read(ParseResult parsed, Option<string?> option, CommandContext context) =>
        parsed.GetResult(option) is not { } given ? null : PathOf(given.Tokens.Count == 0 ? "" : parsed.GetValue(option), context);

    /// <summary>The file of a command that asks the store.</summary>
    public static string PathOf(string? word, CommandContext context) =>
        word is null or Usual ? StoreLocation.Find(context.Environment)
        : word.Length == 0 ? throw new PortolanException("--store needs a file name", $"--store history.db", ExitCode.Usage)
        : word;

    /// <summary>Opens the store to add to it, before anything is sent. Only the folder of this user's store is made.</summary>
    /// <exception cref="PortolanException">It cannot be opened, or the folder of a file that was named is not there.</exception>
    public static HistoryStore OpenForWriting(string path, CommandContext context)
    {
        var folder = Path.GetDirectoryName(Path.GetFullPath(path)) ?? "/";
        if (!Directory.Exists(folder) && !IsUsual(path, context))
        {
            throw new PortolanException(
                $"cannot make the store {path}: {NamedFile.WhyNoFolder(folder)}",
                $"{NamedFile.MakingFolder(folder)}, or use another store: --store FILE");
        }

        return HistoryStore.OpenForWriting(
            path, context.Clock.GetUtcNow(), notice => context.Error.WriteLine($"portolan: {TerminalText.Escape(notice)}"));
    }

    private static bool IsUsual(string path, CommandContext context)
    {
        try
        {
            return path == StoreLocation.Find(context.Environment);
        }
        catch (PortolanException)
        {
            return false;
        }
    }

    /// <summary>The option in a hint: bare where the store is this user's, with its file where another one was named.</summary>
    public static Advice InHint(string path, CommandContext context) => IsUsual(path, context) ? Advice.Of($"--store") : $"--store={path}";

    /// <summary>The option behind a command that asks the store, with a space before it; nothing where the store is this user's.</summary>
    public static Advice OfQuestion(string path, CommandContext context) => IsUsual(path, context) ? Advice.Of($"") : $" --store={path}";

    /// <summary>Opens the store for a question, and says what the answer lacks.</summary>
    public static HistoryStore OpenForReading(string path, CommandContext context)
    {
        var store = Existing(path, context, () => HistoryStore.OpenForReading(path));
        foreach (var fact in StoreGaps.Of(store))
        {
            context.Error.WriteLine($"portolan: missing: {TerminalText.Escape($"{fact.What}: {fact.Why}")}");
        }

        return store;
    }

    /// <summary>Opens a store that is there to change it.</summary>
    public static HistoryStore OpenForChanging(string path, CommandContext context) => Existing(path, context, () =>
        HistoryStore.OpenForChanging(
            path, context.Clock.GetUtcNow(), notice => context.Error.WriteLine($"portolan: {TerminalText.Escape(notice)}")));

    private static HistoryStore Existing(string path, CommandContext context, Func<HistoryStore> open)
    {
        try
        {
            return open();
        }
        catch (PortolanException missing) when (missing.ExitCode == ExitCode.NothingFound)
        {
            var (adding, asking) = (InHint(path, context), OfQuestion(path, context));
            throw new PortolanException(
                missing.Message,
                $"store something first: portolan {adding}, portolan scan {adding} TARGET, portolan history import FILE{asking}",
                missing.ExitCode, missing);
        }
    }

    // No target begins with / or a dot, or has a name that ends like that.
    private static bool IsFile(string word) => word is ['/' or '.', ..] || word.EndsWith(".db", StringComparison.Ordinal);
}
