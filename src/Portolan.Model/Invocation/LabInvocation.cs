using System.Globalization;

namespace Portolan.Model.Invocation;

/// <summary>What <c>portolan lab</c> asks of <c>portolan-server</c>.</summary>
/// <remarks>
/// The words are <c>lab ACTION [OPTION]… [TOPOLOGY [RESULT|HOST]] [-- COMMAND [WORD]…]</c>, options before all else, each
/// <c>--name</c> or <c>--name=value</c> in one word and at most once.
/// </remarks>
public sealed record LabInvocation(LabAction Action) : ServerInvocation
{
    private const string Group = "lab";

    /// <inheritdoc/>
    public override string Topic => Group;

    /// <summary>The file or the name of the topology; <c>null</c> only for <see cref="LabAction.List"/>.</summary>
    public string? Topology { get; init; }

    /// <summary>The file with a scanner's result, of <see cref="LabAction.Score"/>.</summary>
    public string? Result { get; init; }

    /// <summary>
    /// The host at whose place the command runs; <c>null</c> for the vantage. The second name of <see cref="LabAction.Enter"/>; of the
    /// others an option, which only the server itself passes on.
    /// </summary>
    public string? Place { get; init; }

    /// <summary>Whether the sockets of the lab's scenario are open while the command runs, where it has one.</summary>
    public bool HoldsLesson { get; init; }

    /// <summary>The step of the scenario whose sockets those are, from 1; <c>null</c> for the last with an open connection.</summary>
    public int? Step { get; init; }

    /// <summary>Whether the lab is there for one command, and nobody else enters it.</summary>
    public bool IsAlone { get; init; }

    /// <summary>Whether the command is a shell that has the terminal to itself.</summary>
    public bool IsShell { get; init; }

    /// <summary>
    /// The program <c>portolan</c> that was called, so that commands in a lab find it: its file, or its library where dotnet runs it.
    /// </summary>
    public string? Self { get; init; }

    /// <summary>What runs <see cref="Self"/> when that is a library: the file of dotnet.</summary>
    public string? Host { get; init; }

    /// <summary>Whether text for people is coloured.</summary>
    public bool Colors { get; init; }

    /// <summary>What all chance comes from; <c>null</c> for what the topology says.</summary>
    public ulong? Seed { get; init; }

    /// <summary>The <see cref="Capture"/> that stands for stdout.</summary>
    public const string StandardOutput = "-";

    /// <summary>The file that packets are written to, <see cref="StandardOutput"/> for stdout; <c>null</c> for none.</summary>
    public string? Capture { get; init; }

    /// <summary>The one host whose packets are captured; <c>null</c> for all.</summary>
    public string? CaptureHost { get; init; }

    /// <summary>The one network or link whose packets are captured; <c>null</c> for all.</summary>
    public string? CaptureNetwork { get; init; }

    /// <summary>Whether a packet is captured on every network that it crosses, instead of once.</summary>
    public bool CapturesAll { get; init; }

    /// <summary>Whether services may run programs and reach sockets of this machine.</summary>
    public bool AllowsExec { get; init; }

    /// <summary>The ports of a truth, or those a result covers; <c>null</c> for the usual ones.</summary>
    public string? Ports { get; init; }

    /// <summary>The targets a result covers; <c>null</c> for those it names.</summary>
    public string? Targets { get; init; }

    /// <summary>Whether a machine format is wanted.</summary>
    public bool Json { get; init; }

    /// <summary>Whether nmap's XML is wanted.</summary>
    public bool Xml { get; init; }

    /// <summary>Whether the topology is wanted as it is written.</summary>
    public bool Yaml { get; init; }

    /// <summary>The command that runs in the lab, its program first; empty for none.</summary>
    public IReadOnlyList<string> Command { get; init; } = [];

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        List<string> words = [Group, WordOf(Action)];
        Value("seed", Seed?.ToString(CultureInfo.InvariantCulture));
        Value("pcap", Capture);
        Value("pcap-host", CaptureHost);
        Value("pcap-network", CaptureNetwork);
        Flag("pcap-all", CapturesAll);
        Value("at", Action == LabAction.Enter ? null : Place);
        Flag("holds-lesson", HoldsLesson);
        Value("step", Step?.ToString(CultureInfo.InvariantCulture));
        Value("self", Self);
        Value("host", Host);
        Flag("alone", IsAlone);
        Flag("shell", IsShell);
        Flag("colors", Colors);
        Flag("allow-exec", AllowsExec);
        Value("ports", Ports);
        Value("targets", Targets);
        Flag("json", Json);
        Flag("xml", Xml);
        Flag("yaml", Yaml);
        Flag("debug", Debug);
        words.AddRange(((string?[])[Topology, Result, Action == LabAction.Enter ? Place : null]).OfType<string>());
        return Command.Count == 0 ? words : [.. words, "--", .. Command];

        void Value(string name, string? value)
        {
            if (value is not null)
            {
                words.Add($"--{name}={value}");
            }
        }

        void Flag(string name, bool isSet)
        {
            if (isSet)
            {
                words.Add($"--{name}");
            }
        }
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new LabInvocation Parse(IReadOnlyList<string> words)
    {
        if (words.Count < 2 || words[0] != Group || !TryReadAction(words[1], out var action))
        {
            throw Wrong("only portolan lab runs it");
        }

        var invocation = new LabInvocation(action);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        var next = 2;
        for (; next < words.Count && words[next].StartsWith("--", StringComparison.Ordinal) && words[next].Length > 2; next++)
        {
            var equals = words[next].IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? words[next] : words[next][..equals];
            invocation = seen.Add(name)
                ? invocation.With(name, equals < 0 ? null : words[next][(equals + 1)..])
                : throw Wrong($"{name} is given twice");
        }

        var names = words.Skip(next).TakeWhile(static w => w != "--").ToList();
        var command = words.Skip(next + names.Count + 1).ToList();
        var (least, most) = action switch
        {
            LabAction.List => (0, 0),
            LabAction.Score => (2, 2),
            LabAction.Enter => (1, 2),
            LabAction.Guest => (0, 0),
            _ => (1, 1),
        };
        if (names.Count < least || names.Count > most)
        {
            throw Wrong($"{WordOf(action)} takes {least} names, not {names.Count}");
        }

        var runs = action is LabAction.Run or LabAction.Inside or LabAction.Enter or LabAction.Guest;
        if (command.Count == 0 ? next + names.Count < words.Count : !runs)
        {
            throw Wrong($"{WordOf(action)} has {(runs ? "no command behind --" : "no command")}");
        }

        var second = names.ElementAtOrDefault(1);
        return action == LabAction.Enter
            ? invocation with { Topology = names[0], Place = second, Command = command }
            : invocation with { Topology = names.ElementAtOrDefault(0), Result = second, Command = command };
    }

    private static bool TryReadAction(string word, out LabAction action)
    {
        foreach (var value in Enum.GetValues<LabAction>())
        {
            if (WordOf(value) == word)
            {
                action = value;
                return true;
            }
        }

        action = default;
        return false;
    }

    private static string WordOf(LabAction action) => action switch
    {
        LabAction.Run => "run",
        LabAction.Inside => "inside",
        LabAction.List => "list",
        LabAction.Show => "show",
        LabAction.Check => "check",
        LabAction.Truth => "truth",
        LabAction.Score => "score",
        LabAction.Enter => "enter",
        LabAction.Guest => "guest",
        _ => throw new ArgumentOutOfRangeException(nameof(action)),
    };

    private LabInvocation With(string name, string? value) => (name, value) switch
    {
        ("--seed", { } text) when ulong.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var seed) =>
            this with { Seed = seed },
        ("--pcap", { Length: > 0 } file) => this with { Capture = file },
        ("--pcap-host", { Length: > 0 } host) => this with { CaptureHost = host },
        ("--pcap-network", { Length: > 0 } network) => this with { CaptureNetwork = network },
        ("--pcap-all", null) => this with { CapturesAll = true },
        ("--at", { Length: > 0 } place) when Action != LabAction.Enter => this with { Place = place },
        ("--holds-lesson", null) => this with { HoldsLesson = true },
        ("--step", { } text) when int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var step) =>
            this with { Step = step },
        ("--self", { Length: > 0 } self) => this with { Self = self },
        ("--host", { Length: > 0 } host) => this with { Host = host },
        ("--alone", null) => this with { IsAlone = true },
        ("--shell", null) => this with { IsShell = true },
        ("--colors", null) => this with { Colors = true },
        ("--ports", { Length: > 0 } ports) => this with { Ports = ports },
        ("--targets", { Length: > 0 } targets) => this with { Targets = targets },
        ("--allow-exec", null) => this with { AllowsExec = true },
        ("--json", null) => this with { Json = true },
        ("--xml", null) => this with { Xml = true },
        ("--yaml", null) => this with { Yaml = true },
        ("--debug", null) => this with { Debug = true },
        _ => throw Wrong($"{name}{(value is null ? "" : "=" + value)} is not an option of it"),
    };

    /// <inheritdoc/>
    public override ServerInvocation CalledBy(string? self, string? host) => this with { Self = self, Host = host };

    private static PortolanException Wrong(string why) => Wrong(Group, why);
}

/// <summary>What can be done with labs.</summary>
public enum LabAction
{
    /// <summary>Start a lab in network namespaces.</summary>
    Run,

    /// <summary>Be the part of a run that is inside the lab's namespaces. Only the server starts itself so.</summary>
    Inside,

    /// <summary>List those that are built in.</summary>
    List,

    /// <summary>Print the topology of a lab.</summary>
    Show,

    /// <summary>Look for mistakes in one.</summary>
    Check,

    /// <summary>Print what a perfect scanner would report.</summary>
    Truth,

    /// <summary>Compare a scanner's result with the truth.</summary>
    Score,

    /// <summary>Run a command, or a shell, in a lab that runs already, or else in one that is started for it.</summary>
    Enter,

    /// <summary>
    /// Be the part of <see cref="Enter"/> that is in the namespaces of a lab that runs already. Only the server starts itself so.
    /// </summary>
    Guest,
}
