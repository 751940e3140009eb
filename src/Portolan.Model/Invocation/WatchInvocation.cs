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

    /// <inheritdoc/>
    public override string Topic => Group;

    /// <summary>How long after a look the next one begins; <c>null</c> for a minute, or longer where looks are costly.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>When it ends; <c>null</c> for never.</summary>
    public TimeSpan? For { get; init; }

    /// <summary>Whether each event is a JSON object of a line.</summary>
    public bool Json { get; init; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> ToWords()
    {
        var words = new List<string> { Group, StoreOption + Store };
        if (Every is { } every)
        {
            words.Add(EveryOption + Milliseconds(every));
        }

        if (For is { } time)
        {
            words.Add(ForOption + Milliseconds(time));
        }

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
                _ => invocation with
                {
                    For = TimeOf(word, ForOption) ?? throw Wrong(Group, $"{word} is not an option of it"),
                },
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
