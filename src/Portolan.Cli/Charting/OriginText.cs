using Portolan.Sockets.Origins;

namespace Portolan.Cli.Charting;

/// <summary>Why a holder runs, as lines of <c>who</c>.</summary>
internal static class OriginText
{
    /// <summary>Each line's name and text, not escaped.</summary>
    public static IEnumerable<(string Name, string Text)> Lines(Origin origin)
    {
        (string Name, OriginFact? Fact)[] facts =
            [("why", origin.StartedBy), ("restarts", origin.StartsAgain), ("port from", origin.PortFrom), ("git", origin.WorkingCopy)];
        foreach (var (name, fact) in facts)
        {
            if (fact is not null)
            {
                yield return (name, fact.Text + Source(fact));
            }
        }

        foreach (var warning in origin.Warnings)
        {
            yield return ("warning", warning.Text);
        }
    }

    /// <summary>The file that a fact was read from, where the text does not name it.</summary>
    private static string Source(OriginFact fact) =>
        fact.Source.StartsWith('/') && !fact.Text.Contains(fact.Source, StringComparison.Ordinal) && fact.Code != "git"
            ? $": {fact.Source}"
            : "";
}
