using System.Globalization;

namespace Portolan.Model.Invocation;

/// <summary>What <c>portolan watch</c> asks of <c>portolan-server</c>: <c>watch [OPTION]…</c>, each option once.</summary>
/// <param name="Store">The file of the store.</param>
public sealed record WatchInvocation(string Store) : ServerInvocation
{
    internal const string Group = "watch";

    private const string StoreOption = "--store=";
    private const string EveryOption = "--every=";
    private const string ForOption = "--for=";
    private const string ConfigOption = "--config=";
    private const string MetricsOption = "--metrics=";

    /// <inheritdoc/>
    public override string Topic => Group;

    /// <summary>
    /// How long after a look the next one begins; <c>null</c> for what the file of receivers says, else for a minute, or longer where looks
    /// are costly.
    /// </summary>
    public TimeSpan? Every { get; init; }

    /// <summary>The file of receivers; <c>null</c> for none.</summary>
    public string? Config { get; init; }

    /// <summary>Where metrics are served, <c>[ADDR:]PORT</c>; <c>null</c> for nowhere.</summary>
    public string? Metrics { get; init; }

    /// <summary>When it ends; <c>null</c> for never.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Whether each event is a JSON object of a line.</summary>
    public bool Json { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        var words = new List<string> { Group, StoreOption + Store };
        words.AddRange(Every is { } every ? [EveryOption + Milliseconds(every)] : []);
        words.AddRange(For is { } time ? [ForOption + Milliseconds(time)] : []);
        words.AddRange(Config is { } config ? [ConfigOption + config] : []);
        words.AddRange(Metrics is { } metrics ? [MetricsOption + metrics] : []);
        words.AddRange(Json ? ["--json"] : []);
        words.AddRange(Debug ? ["--debug"] : []);
        return words;
    }

    /// <summary>Reads such words.</summary>
    /// <exception cref="PortolanException">They are not what <see cref="ToWords"/> writes.</exception>
    public static new WatchInvocation Parse(IReadOnlyList<string> words)
    {
        ArgumentNullException.ThrowIfNull(words);
        if (words.Count < 2 || words[0] != Group || ValueOf(words[1], StoreOption) is not { Length: > 0 } store)
        {
            throw Wrong(Group, "only portolan watch runs it");
        }

        var invocation = new WatchInvocation(store);
        foreach (var word in words.Skip(2))
        {
            invocation = word switch
            {
                "--json" => invocation with { Json = true },
                "--debug" => invocation with { Debug = true },
                _ when TimeOf(word, EveryOption) is { } every => invocation with { Every = every },
                _ when TimeOf(word, ForOption) is { } time => invocation with { For = time },
                _ when ValueOf(word, ConfigOption) is { Length: > 0 } config => invocation with { Config = config },
                _ when ValueOf(word, MetricsOption) is { Length: > 0 } metrics => invocation with { Metrics = metrics },
                _ => throw Wrong(Group, $"{word} is not an option of it"),
            };
        }

        return invocation;
    }

    private static string Milliseconds(TimeSpan time) => time.TotalMilliseconds.ToString("0", CultureInfo.InvariantCulture);

    private static string? ValueOf(string word, string option) =>
        word.StartsWith(option, StringComparison.Ordinal) ? word[option.Length..] : null;

    private static TimeSpan? TimeOf(string word, string option) =>
        long.TryParse(ValueOf(word, option), NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds)
            ? TimeSpan.FromMilliseconds(milliseconds)
            : null;
}
