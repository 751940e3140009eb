using Portolan.Model;
using Portolan.Watch.Changes;

namespace Portolan.Cli.Diffing;

/// <summary>The changes that end <c>diff</c> with exit code 1.</summary>
/// <param name="Kinds">The kinds, in the order of reports.</param>
/// <param name="TakesUncertain">Changes that lost packets may explain count too.</param>
internal sealed record FailOn(IReadOnlyList<ChangeKind> Kinds, bool TakesUncertain)
{
    /// <summary>The words besides those of <see cref="ChangeKinds"/>.</summary>
    private static readonly string[] Groups = ["changed", "host", "any", "uncertain"];

    /// <summary>Every word.</summary>
    public static IEnumerable<string> Words => [.. Groups, .. ChangeKinds.All.Select(static kind => kind.Name())];

    /// <summary>Reads the words.</summary>
    /// <exception cref="PortolanException">A word is none of them. Exit code 2.</exception>
    public static FailOn? Read(string? text)
    {
        if (text is null)
        {
            return null;
        }

        var (kinds, uncertain) = (new SortedSet<ChangeKind>(), false);
        foreach (var word in text.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries))
        {
            uncertain |= word == "uncertain";
            kinds.UnionWith(KindsOf(word) ?? throw new PortolanException(
                $"--fail-on does not know '{word}'", Advice.Of($"it takes {Advice.List(Words)}, separated by commas"), ExitCode.Usage));
        }

        return kinds.Count == 0
            ? throw new PortolanException("--fail-on needs a kind of change", $"portolan diff A B --fail-on "
                + $"opened,expiring", ExitCode.Usage)
            : new FailOn([.. kinds], uncertain);
    }

    /// <summary>Whether a change counts.</summary>
    public bool Matches(Change change) => Kinds.Contains(change.Kind) && (TakesUncertain || change.IsCertain);

    private static IEnumerable<ChangeKind>? KindsOf(string word) => word switch
    {
        "any" => ChangeKinds.All,
        "uncertain" => [],
        "host" => [ChangeKind.HostUp, ChangeKind.HostDown],
        "changed" => ChangeKinds.All.Where(
            static kind => kind is ChangeKind.Name or (> ChangeKind.Closed and not ChangeKind.Expiring)),
        _ => ChangeKinds.TryParse(word, out var kind) ? [kind] : null,
    };
}
