using Portolan.Cli.Commands;
using Portolan.Cli.Commands.Firewall;
using Portolan.Cli.Commands.Fleet;
using Portolan.Cli.Commands.History;
using Portolan.Cli.Commands.Lab;

namespace Portolan.Cli.Hosting;

/// <summary>Every command of the program, each named here once. Only the one that is called is built.</summary>
public static class CommandTree
{
    /// <summary>The commands, in the order of help. The commands of a group stand right behind it, under their whole path.</summary>
    private static readonly Entry[] Entries =
    [
        new("list", static () => new ListCommand()),
        new("who", static () => new WhoCommand()),
        new("stop", static () => new StopCommand()),
        new("free", static () => new FreeCommand()),
        new("scan", static () => new ScanCommand()),
        new("port", static () => new PortCommand()),
        new("check", static () => new CheckCommand()),
        new("diff", static () => new DiffCommand()),
        new("history", static () => new HistoryCommand()),
        new("history host", static () => new HistoryHostCommand()),
        new("history at", static () => new HistoryAtCommand()),
        new("history prune", static () => new HistoryPruneCommand()),
        new("history import", static () => new HistoryImportCommand()),
        new("watch", static () => new WatchCommand()),
        new("watch check", static () => new WatchCheckCommand()),
        new("watch test", static () => new WatchTestCommand()),
        new("explain", static () => new ExplainCommand()),
        new("forward", static () => new ForwardCommand()),
        new("traffic", static () => new TrafficCommand()),
        new("traffic capture", static () => new TrafficCaptureCommand()),
        new("firewall", static () => new FirewallCommand()),
        new("firewall show", static () => new FirewallShowCommand()),
        new("firewall confirm", static () => new FirewallConfirmCommand()),
        new("firewall undo", static () => new FirewallUndoCommand()),
        new("firewall close-unused", static () => new FirewallCloseUnusedCommand()),
        new("firewall trace", static () => new FirewallTraceCommand()),
        new("allow", static () => new AllowCommand()),
        new("block", static () => new BlockCommand()),
        new("reject", static () => new RejectCommand()),
        new("lab", static () => new LabCommand()),
        new("lab run", static () => new LabRunCommand()),
        new("lab enter", static () => new LabEnterCommand()),
        new("lab exec", static () => new LabExecCommand()),
        new("lab list", static () => new LabListCommand()),
        new("lab show", static () => new LabShowCommand()),
        new("lab check", static () => new LabCheckCommand()),
        new("lab truth", static () => new LabTruthCommand()),
        new("lab score", static () => new LabScoreCommand()),
        new("serve", static () => new ServeCommand()),
        new("fleet", static () => new FleetCommand()),
        new("fleet init", static () => new FleetInitCommand()),
        new("fleet serve", static () => new FleetServeCommand()),
        new("fleet agents", static () => new FleetAgentsCommand()),
        new("fleet start", static () => new FleetStartCommand()),
        new("fleet jobs", static () => new FleetJobsCommand()),
        new("fleet results", static () => new FleetResultsCommand()),
        new("fleet cancel", static () => new FleetCancelCommand()),
        new("fleet status", static () => new FleetStatusCommand()),
        new("fleet drain", static () => new FleetDrainCommand()),
        new("fleet forget", static () => new FleetForgetCommand()),
        new("fleet invite", static () => new FleetInviteCommand()),
        new("fleet revoke", static () => new FleetRevokeCommand()),
        new("agent", static () => new AgentCommand()),
        new("agent join", static () => new AgentJoinCommand()),
        new("agent leave", static () => new AgentLeaveCommand()),
        new("doctor", static () => new DoctorCommand()),
        new("completions", static () => new CompletionsCommand()),
        new("help", static () => new HelpCommand()),
        new("version", static () => new VersionCommand()),
        new("generate", static () => new GenerateCommand(), Hidden: true),
        new("replay", static () => new ReplayCommand(), Hidden: true),
    ];

    /// <summary>The names that can stand first on the command line, in the order of help.</summary>
    public static IEnumerable<string> Names => NamesIn("");

    /// <summary>The names that can follow a group, in the order of help; none where the path is not that of a group.</summary>
    /// <param name="path">Such as <c>firewall</c>; empty for those that stand first.</param>
    public static IEnumerable<string> NamesIn(string path) =>
        Entries.Where(e => !e.Hidden && ParentOf(e.Path).SequenceEqual(path)).Select(
            e => path.Length == 0 ? e.Path : e.Path[(path.Length + 1)..]);

    /// <summary>Whether a command of that path exists, such as <c>list</c> or <c>firewall show</c>.</summary>
    public static bool Contains(string path) => Find(path) is not null;

    /// <summary>
    /// The path of a command of a group that has this name, such as <c>firewall confirm</c> for <c>confirm</c>; or <c>null</c>.
    /// </summary>
    public static string? FindInGroups(string name) =>
        Array.Find(
            Entries,
            e => !e.Hidden && e.Path.Length > name.Length + 1 && e.Path[^(name.Length + 1)] == ' '
                && e.Path.EndsWith(name, StringComparison.Ordinal))?.Path;

    /// <summary>Builds the one command.</summary>
    /// <param name="path">Such as <c>list</c> or <c>firewall show</c>.</param>
    public static PortolanCommand? Create(string path) => Find(path)?.Make();

    /// <summary>Builds all commands that help shows, those of groups too; for man pages, completions and docs.</summary>
    public static IReadOnlyList<PortolanCommand> CreateAll() => [.. Entries.Where(e => !e.Hidden).Select(e => e.Make())];

    /// <summary>Builds the commands that can follow one: of the chart all that stand first, of a group its own, of others none.</summary>
    public static IReadOnlyList<PortolanCommand> CreateIn(PortolanCommand command) =>
        [.. Entries.Where(e => !e.Hidden && ParentOf(e.Path).SequenceEqual(command.IsDefault ? "" : command.FullName)).Select(
            e => e.Make())];

    /// <summary>Builds the command that runs when none is named: the chart.</summary>
    public static PortolanCommand CreateDefault() => new ChartCommand();

    /// <summary>
    /// Builds the root that parses <paramref name="args"/>: the global options and the one command they name, or the chart.
    /// </summary>
    public static CommandLineRoot RootFor(IReadOnlyList<string> args)
    {
        var first = GlobalOptions.SkipLeading(args, 0);
        if (FindWord("", args, first) is not { } found)
        {
            return CommandLineRoot.WithDefault(CreateDefault());
        }

        // The commands of a group are found by the next word; a word that names none is the group's to refuse.
        while (FindWord($"{found.Path} ", args, first = GlobalOptions.SkipLeading(args, first + 1)) is { } inside)
        {
            found = inside;
        }

        return CommandLineRoot.With(found.Make());
    }

    // One word of the command line is one word of the path, even where it was quoted with a blank inside.
    private static Entry? FindWord(string before, IReadOnlyList<string> args, int index) =>
        index < args.Count && !args[index].Contains(' ', StringComparison.Ordinal) ? Find(before + args[index]) : null;

    private static Entry? Find(string path) => Array.Find(Entries, e => string.Equals(e.Path, path, StringComparison.Ordinal));

    private static ReadOnlySpan<char> ParentOf(string path) => path.AsSpan(0, Math.Max(0, path.LastIndexOf(' ')));

    private sealed record Entry(string Path, Func<PortolanCommand> Make, bool Hidden = false);
}
