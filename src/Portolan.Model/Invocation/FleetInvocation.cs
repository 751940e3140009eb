using System.Globalization;

namespace Portolan.Model.Invocation;

/// <summary>What <c>portolan fleet</c> and <c>portolan agent</c> ask of <c>portolan-server</c>: <c>fleet ACTION [OPTION]…</c>.</summary>
/// <param name="Action">What to do.</param>
public sealed record FleetInvocation(FleetAction Action) : ServerInvocation
{
    internal const string Group = "fleet";

    /// <inheritdoc/>
    public override string Topic => Action is FleetAction.Agent or FleetAction.Join or FleetAction.Leave ? "agent" : Group;

    /// <summary>The file of settings; <c>null</c> for the usual one.</summary>
    public string? Config { get; init; }

    /// <summary>The number of a job.</summary>
    public long? Job { get; init; }

    /// <summary>The name of an agent.</summary>
    public string? Name { get; init; }

    /// <summary>How long a token holds.</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>How long ago the jobs ended that are to be forgotten.</summary>
    public TimeSpan? Older { get; init; }

    /// <summary>The file with a token; <c>-</c> or <c>null</c> for stdin.</summary>
    public string? TokenFile { get; init; }

    /// <summary>The targets of a new job; the networks of an agent that joins.</summary>
    public IReadOnlyList<string> Targets { get; init; } = [];

    /// <summary>Targets that are left out.</summary>
    public IReadOnlyList<string> Excludes { get; init; } = [];

    /// <summary>TCP ports, as ranges.</summary>
    public string? Tcp { get; init; }

    /// <summary>UDP ports, as ranges.</summary>
    public string? Udp { get; init; }

    /// <summary>The zones of a new job, or the one whose results are asked for.</summary>
    public IReadOnlyList<string> Zones { get; init; } = [];

    /// <summary>The most probes per second of all agents.</summary>
    public double? Rate { get; init; }

    /// <summary>The same to each /24 and /64.</summary>
    public double? PrefixRate { get; init; }

    /// <summary>Probes of a chunk.</summary>
    public long? ChunkProbes { get; init; }

    /// <summary>The most repeated probes.</summary>
    public long? MaxRetries { get; init; }

    /// <summary>The key of the order; <c>null</c> for a random one.</summary>
    public ulong? Seed { get; init; }

    /// <summary>Every target is taken to be up.</summary>
    public bool SkipsDiscovery { get; init; }

    /// <summary>It is undone.</summary>
    public bool Undo { get; init; }

    /// <summary>Every port, not only open and ambiguous ones.</summary>
    public bool AllStates { get; init; }

    /// <summary>Where metrics are served, <c>[ADDR:]PORT</c>; <c>null</c> for nowhere.</summary>
    public string? Metrics { get; init; }

    /// <summary>What happens is reported as JSON.</summary>
    public bool LogsJson { get; init; }

    /// <summary>Whether a machine format is wanted.</summary>
    public bool Json { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        (string Name, IEnumerable<string?> Values)[] values =
        [
            ("config", [Config]), ("job", [Text(Job)]), ("name", [Name]), ("token", [TokenFile]),
            ("expires", [Seconds(Expires)]), ("older", [Seconds(Older)]), ("target", Targets),
            ("exclude", Excludes), ("tcp", [Tcp]), ("udp", [Udp]), ("zone", Zones),
            ("rate", [Rate?.ToString("R", CultureInfo.InvariantCulture)]),
            ("prefix-rate", [PrefixRate?.ToString("R", CultureInfo.InvariantCulture)]), ("chunk-probes", [Text(ChunkProbes)]),
            ("max-retries", [Text(MaxRetries)]), ("seed", [Seed?.ToString(CultureInfo.InvariantCulture)]),
            ("metrics", [Metrics]),
        ];
        (string Name, bool IsSet)[] flags =
        [
            ("skip-discovery", SkipsDiscovery), ("all-states", AllStates), ("undo", Undo), ("log-json", LogsJson), ("json", Json),
            ("debug", Debug),
        ];
        return
        [
            Group, WordOf(Action),
            .. values.SelectMany(static v => v.Values.OfType<string>().Select(text => $"--{v.Name}={text}")),
            .. flags.Where(static f => f.IsSet).Select(static f => $"--{f.Name}"),
        ];
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new FleetInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count < 2 || words[0] != Group
            || Array.FindIndex(Enum.GetValues<FleetAction>(), a => WordOf(a) == words[1]) is not (>= 0 and var at))
        {
            throw Wrong(Group, "only portolan fleet and portolan agent run it");
        }

        var invocation = new FleetInvocation(Enum.GetValues<FleetAction>()[at]);
        foreach (var word in words.Skip(2))
        {
            var equals = word.IndexOf('=', StringComparison.Ordinal);
            invocation = invocation.With(equals < 0 ? word : word[..equals], equals < 0 ? null : word[(equals + 1)..]);
        }

        return invocation;
    }

    private static string? Text(long? number) => number?.ToString(CultureInfo.InvariantCulture);

    private static string? Seconds(TimeSpan? time) => time?.TotalSeconds.ToString("R", CultureInfo.InvariantCulture);

    private static string WordOf(FleetAction action) => action.ToString().ToLowerInvariant();

    private FleetInvocation With(string name, string? value) => (name, value) switch
    {
        ("--config", { Length: > 0 } file) => this with { Config = file },
        ("--job", { } text) => this with { Job = Number(name, text) },
        ("--name", { Length: > 0 } text) => this with { Name = text },
        ("--token", { Length: > 0 } text) => this with { TokenFile = text },
        ("--expires", { } text) => this with { Expires = TimeSpan.FromSeconds(Real(name, text)) },
        ("--older", { } text) => this with { Older = TimeSpan.FromSeconds(Real(name, text)) },
        ("--target", { Length: > 0 } text) => this with { Targets = [.. Targets, text] },
        ("--exclude", { Length: > 0 } text) => this with { Excludes = [.. Excludes, text] },
        ("--tcp", { } text) => this with { Tcp = text },
        ("--udp", { } text) => this with { Udp = text },
        ("--zone", { Length: > 0 } text) => this with { Zones = [.. Zones, text] },
        ("--rate", { } text) => this with { Rate = Real(name, text) },
        ("--prefix-rate", { } text) => this with { PrefixRate = Real(name, text) },
        ("--chunk-probes", { } text) => this with { ChunkProbes = Number(name, text) },
        ("--max-retries", { } text) => this with { MaxRetries = Number(name, text) },
        ("--seed", { } text) when ulong.TryParse(text, CultureInfo.InvariantCulture, out var seed) => this with { Seed = seed },
        ("--metrics", { Length: > 0 } text) => this with { Metrics = text },
        ("--log-json", null) => this with { LogsJson = true },
        ("--skip-discovery", null) => this with { SkipsDiscovery = true },
        ("--all-states", null) => this with { AllStates = true },
        ("--undo", null) => this with { Undo = true },
        ("--json", null) => this with { Json = true },
        ("--debug", null) => this with { Debug = true },
        _ => throw Wrong(Group, $"{name}{(value is null ? "" : "=" + value)} is not an option of it"),
    };

    private static long Number(string name, string text) =>
        long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            ? number : throw Wrong(Group, $"{name}={text} is not a number");

    private static double Real(string name, string text) =>
        double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number)
            ? number : throw Wrong(Group, $"{name}={text} is not a number");
}

/// <summary>What can be done with a fleet.</summary>
public enum FleetAction
{
    /// <summary>Make the tables, exchanges and queues.</summary>
    Init,

    /// <summary>Coordinate.</summary>
    Serve,

    /// <summary>Begin a job.</summary>
    Start,

    /// <summary>Begin a job, and write what it finds as <c>portolan.scan/1</c> until it ends.</summary>
    Scan,

    /// <summary>Show jobs.</summary>
    Jobs,

    /// <summary>Print what a job found.</summary>
    Results,

    /// <summary>End a job.</summary>
    Cancel,

    /// <summary>Remove jobs with all that they found.</summary>
    Forget,

    /// <summary>Show the agents.</summary>
    Agents,

    /// <summary>Give an agent no further chunks, or chunks again.</summary>
    Drain,

    /// <summary>Show how the whole stands.</summary>
    Status,

    /// <summary>Make a token for an agent.</summary>
    Invite,

    /// <summary>Remove an agent.</summary>
    Revoke,

    /// <summary>Be an agent.</summary>
    Agent,

    /// <summary>Become an agent by a token.</summary>
    Join,

    /// <summary>Be one no longer.</summary>
    Leave,
}
