using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>The verdict on a row of the chart, both families together.</summary>
public static class PortSummary
{
    /// <summary>Who reaches it.</summary>
    public static (PortExposure Exposure, PortVerdict Verdict) Of(IReadOnlyList<FamilyReach> reach)
    {
        // A family of which no packet can arrive says nothing about the firewall, unless it is so of both.
        var all = reach.Select(r => new FamilySummary(r)).ToList();
        var telling = all.Where(f => f.Extent != ReachExtent.NoWayIn).ToList();
        var families = telling.Count > 0 ? telling : all;
        if (families.Count == 0)
        {
            return (PortExposure.Local, PortVerdict.NotJudged);
        }

        var best = families.MinBy(f => f.Extent)!;
        var exposure = best.Extent switch
        {
            ReachExtent.Everybody or ReachExtent.Most => PortExposure.Reachable,
            ReachExtent.Some => PortExposure.Limited,
            ReachExtent.Open => PortExposure.Unknown,
            _ => PortExposure.Blocked,
        };
        var decision = best.Extent switch
        {
            ReachExtent.Some when families.TrueForAll(static f => f.From.Count == 0) => FirewallDecision.Depends,
            // A part of everybody's packets.
            ReachExtent.Everybody or ReachExtent.Most or ReachExtent.Some => FirewallDecision.Allow,
            ReachExtent.Open => FirewallDecision.Depends,
            _ when best.Decider is { Fate: ReachFate.Refused } => FirewallDecision.Allow, // It is the socket that is missing.
            _ => best.Decider?.Deciding.Decision == FlowDecision.Reject ? FirewallDecision.Reject : FirewallDecision.Drop,
        };
        var isProved = reach.All(r => r.IsProved);
        return (exposure, new PortVerdict(
            decision,
            isProved ? VerdictProof.Proved : VerdictProof.Depends,
            [.. families.SelectMany(f => f.From).Select(p => p.ToMachineText())],
            best.Rule is { } rule ? RuleLabel.Full(rule) : null)
        {
            Partly = [.. families.SelectMany(f => f.Partly).Select(p => p.ToMachineText())],
            PartlyHow = families.Select(f => f.PartlyHow).FirstOrDefault(static how => how is not null),
            Undecided = [.. families.SelectMany(f => f.Undecided).Select(p => p.ToMachineText())],
            IsCut = families.Exists(static f => f.IsCut),
            Limit = best.Limit?.Text,
            Exceptions = [.. reach.SelectMany(Footnotes.Of).Distinct(StringComparer.Ordinal)],
            Summary = Text(families) + (isProved || best.Extent == ReachExtent.Open ? "" : " (not proved)"),
        });
    }

    private static string Text(List<FamilySummary> families)
    {
        if (families is [var only])
        {
            return only.Text;
        }

        // ip and ip6 tables have different rules for the same thing; the words are what counts.
        var (v4, v6) = (families[0], families[1]);
        return v4.Words == v6.Words ? v4.Text
            : v4.Selected is not null && v6.Selected is { } more ? $"{v4.Words}, {more}"
            : $"v4 {v4.Words}; v6 {v6.Words}";
    }
}
