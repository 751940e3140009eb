using System.CommandLine;
using Portolan.Cli.Output;

namespace Portolan.Cli.Hosting;

/// <summary>The options that every command has.</summary>
public sealed class GlobalOptions
{
    /// <summary><c>--json</c>.</summary>
    public Option<bool> Json { get; } = Flag("--json", "print one versioned JSON document, or JSON Lines for a stream");

    /// <summary><c>--color</c>.</summary>
    public Option<string> Color { get; } = new("--color")
    {
        Description = "use colour: auto (on a terminal), always or never",
        HelpName = "WHEN",
        Recursive = true,
        DefaultValueFactory = static _ => "auto",
        CompletionSources = { static _ => ["auto", "always", "never"] },
    };

    /// <summary><c>--ascii</c>.</summary>
    public Option<bool> Ascii { get; } = Flag("--ascii", "print marks in ASCII, as LC_ALL=C does");

    /// <summary><c>--debug</c>.</summary>
    public Option<bool> Debug { get; } = Flag("--debug", "show a stack trace when something unexpected fails");

    /// <summary><c>--help</c>.</summary>
    public Option<bool> Help { get; } = Flag("--help", "show help and exit", "-h");

    /// <summary>All of them, in the order of help.</summary>
    public IReadOnlyList<Option> All => [Json, Color, Ascii, Debug, Help];

    /// <summary>
    /// The index of the first word from <paramref name="start"/> on that is not a global option; behind the last word where there is none.
    /// </summary>
    public static int SkipLeading(IReadOnlyList<string> args, int start)
    {
        var i = start;
        while (i < args.Count)
        {
            switch (args[i])
            {
                case "--color":
                    i += 2;
                    break;
                case "--json" or "--ascii" or "--debug" or "--help" or "-h":
                    i++;
                    break;
                case { } word when word.StartsWith("--color=", StringComparison.Ordinal):
                    i++;
                    break;
                default:
                    return i;
            }
        }

        return i;
    }

    /// <summary>Adds them to the root of a command line.</summary>
    public void AddTo(Command root)
    {
        // One by one: each call through an interface is resolved at its first use, which takes longer than the rest of this.
        root.Options.Add(Json);
        root.Options.Add(Color);
        root.Options.Add(Ascii);
        root.Options.Add(Debug);
        root.Options.Add(Help);
    }

    /// <summary>Reads <c>--color</c>; <c>null</c> for a word it does not know.</summary>
    public static ColorMode? ParseColor(string? word) => word switch
    {
        "auto" or null => ColorMode.Auto,
        "always" => ColorMode.Always,
        "never" => ColorMode.Never,
        _ => null,
    };

    private static Option<bool> Flag(string name, string description, string? alias = null)
    {
        var option = new Option<bool>(name) { Description = description, Recursive = true, Arity = ArgumentArity.Zero };
        if (alias is not null)
        {
            option.Aliases.Add(alias);
        }

        return option;
    }
}
