using Portolan.Firewall.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Judging;

/// <summary>
/// Says what becomes of packets that no ordinary client sends, where that differs from what becomes of the ordinary ones.
/// </summary>
public static class Footnotes
{
    /// <summary>More are counted, not shown.</summary>
    private const int Most = 8;

    /// <summary>
    /// The footnotes of one family, such as <c>source ports below 1024 are dropped, inet fw input handle 2</c>. May contain names of
    /// chains: hostile text.
    /// </summary>
    public static IReadOnlyList<string> Of(FamilyReach reach)
    {
        var groups = new List<Group>();
        foreach (var share in reach.Exceptions)
        {
            if (WordsOf(share) is not { } words || SendersOf(share, reach) is not { IsEmpty: false } senders)
            {
                continue;
            }

            var unusual = share.Region.Packets.Unusual;
            var known = groups.Find(g => g.Words == words && g.Unusual.SequenceEqual(unusual, StringComparer.Ordinal));
            if (known is null)
            {
                groups.Add(new Group(unusual, words) { Senders = senders });
            }
            else
            {
                known.Senders = known.Senders.Union(senders);
            }
        }

        // What is unusual in two ways goes without saying where one of them is enough.
        groups.RemoveAll(
            g => groups.Exists(
                other => other.Words == g.Words && other.Unusual.Count < g.Unusual.Count
                    && !other.Unusual.Except(g.Unusual, StringComparer.Ordinal).Any() && g.Senders.Except(other.Senders).IsEmpty));
        var notes = groups.Take(Most).Select(g => $"{g.What}{From(g.Senders, reach)} {g.Words}").ToList();
        if (groups.Count > Most)
        {
            notes.Add(string.Create(
                System.Globalization.CultureInfo.InvariantCulture, $"{groups.Count - Most} more exceptions are not shown"));
        }

        return notes;
    }

    // Only those whose ordinary packets fare otherwise.
    private static IntervalSet SendersOf(Share share, FamilyReach reach) => share.Fate switch
    {
        ReachFate.Accepted => share.Senders.Intersect(reach.Denied.Union(reach.Open)),
        ReachFate.Open => share.Senders.Except(reach.Open),
        _ => share.Senders.Intersect(reach.Accepted.Union(reach.Mixed)),
    };

    private static string? WordsOf(Share share)
    {
        var outcome = share.Region.Outcome;
        return share.Fate switch
        {
            ReachFate.Accepted => $"get in{Rule(outcome)}",
            ReachFate.Denied => $"are {(outcome.Decision == FlowDecision.Reject ? "rejected" : "dropped")}{Rule(outcome)}",
            ReachFate.NoReply when outcome.Hindrance is { } later => $"get no answer{Rule(later)}",
            ReachFate.Open when outcome.Hindrance is { IsLate: true, Decision: not FlowDecision.Depends } late =>
                $"get in, but later packets may be blocked{Rule(late)}",
            ReachFate.Open =>
                "depend on a rule that cannot be evaluated"
                    + $"{Rule(outcome.Decision == FlowDecision.Depends || outcome.Hindrance is null ? outcome : outcome.Hindrance)}",
            _ => null,
        };
    }

    private static string Rule(FlowOutcome outcome) => outcome.Decider is { } decider ? $", {RuleLabel.Full(decider)}" : "";

    private static string From(IntervalSet senders, FamilyReach reach)
    {
        var others = reach.Accepted.Union(reach.Denied).Union(reach.Mixed).Union(reach.Open).Except(senders);
        if (others.IsEmpty)
        {
            return "";
        }

        var prefixes = PrefixCover.Find(senders, others, reach.IsIPv4, 4);
        return $" from {string.Join(", ", prefixes.Take(3))}{(prefixes.Count > 3 ? " and more" : "")}";
    }

    private sealed class Group(IReadOnlyList<string> unusual, string words)
    {
        public IReadOnlyList<string> Unusual { get; } = unusual;

        public string What => string.Join(", ", Unusual);

        public string Words { get; } = words;

        public required IntervalSet Senders { get; set; }
    }
}
