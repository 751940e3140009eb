using Portolan.Cli.Commands;

namespace Portolan.Cli.Hosting;

/// <summary>Every command of the program, each named here once. Only the one that is called is built.</summary>
public static class CommandTree
{
    /// <summary>The commands, in the order of help.</summary>
    private static readonly Entry[] Entries =
    [
        new("list", static () => new ListCommand()),
        new("who", static () => new WhoCommand()),
        new("stop", static () => new StopCommand()),
        new("free", static () => new FreeCommand()),
        new("scan", static () => new ScanCommand()),
        new("port", static () => new PortCommand()),
        new("check", static () => new CheckCommand()),
        new("doctor", static () => new DoctorCommand()),
        new("completions", static () => new CompletionsCommand()),
        new("help", static () => new HelpCommand()),
        new("version", static () => new VersionCommand()),
        new("generate", static () => new GenerateCommand(), Hidden: true),
    ];

    /// <summary>The names that can stand first on the command line, in the order of help.</summary>
    public static IEnumerable<string> Names => Entries.Where(e => !e.Hidden).Select(e => e.Name);

    /// <summary>Whether a command of that name exists.</summary>
    public static bool Contains(string name) => Find(name) is not null;

    /// <summary>Builds the one command.</summary>
    public static PortolanCommand? Create(string name) => Find(name)?.Make();

    /// <summary>Builds all commands that help shows; for help, man pages, completions and docs.</summary>
    public static IReadOnlyList<PortolanCommand> CreateAll() => [.. Entries.Where(e => !e.Hidden).Select(e => e.Make())];

    /// <summary>Builds the command that runs when none is named: the chart.</summary>
    public static PortolanCommand CreateDefault() => new ChartCommand();

    /// <summary>Builds the root that parses <paramref name="args"/>: the global options and the one command they name, or the chart.</summary>
    public static CommandLineRoot RootFor(IReadOnlyList<string> args)
    {
        var first = GlobalOptions.SkipLeading(args);
        return first < args.Count && Create(args[first]) is { } command
            ? CommandLineRoot.With(command)
            : CommandLineRoot.WithDefault(CreateDefault());
    }

    private static Entry? Find(string name) => Array.Find(Entries, e => string.Equals(e.Name, name, StringComparison.Ordinal));

    private sealed record Entry(string Name, Func<PortolanCommand> Make, bool Hidden = false);
}
