using System.Globalization;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>What about a verdict deserves a line below the row.</summary>
internal sealed class ReachNotes(NamespaceJudge judge, ChartRow row, IReadOnlyList<FamilyReach> reach)
{
    /// <summary>Whether there may be a line: of the many rows of a large host nothing need be kept for it.</summary>
    internal static bool MayHave(ChartRow row, IReadOnlyList<FamilyReach> reach) => row.Forward is not null
        || reach.Any(static r => r.Shares.Any(static s => s.Fate == ReachFate.Open || s.Region.Outcome.Translation is not null));

    /// <summary>The lines.</summary>
    /// <param name="untranslated">Who would reach the port if nothing were translated; <c>null</c> where that is not known in time.</param>
    internal IEnumerable<string> Find(Func<IReadOnlyList<FamilyReach>?> untranslated)
    {
        var shares = reach.SelectMany(r => r.Shares).ToList();
        if (row.Forward is { } own)
        {
            yield return $"the kernel forwards it to {own.Words}: portolan forward --kernel";
        }
        else if (shares.Find(
            s => s is
            {
                Fate: ReachFate.Accepted or ReachFate.Open,
                Region.Outcome: { Translation: not null, Delivery: DeliveryKind.Forwarded }
            }) is { } forwarded)
        {
            yield return Forwarded(
                forwarded.Region.Outcome.Translation!, reach.First(r => r.Shares.Contains(forwarded)), untranslated() ?? []);
        }
        else if (shares.Find(static s => s.Fate == ReachFate.Refused && s.Region.Outcome.Translation is not null) is { } refused)
        {
            var to = refused.Region.Outcome.Translation!;
            yield return $"{RuleLabel.Full(to.Rule)} redirects packets for this port to {TargetText.Of(to, row.Port)}, where nothing "
                + $"listens{(refused.Landing.Space is { } space ? $" (network namespace {space.Label})" : "")}";
        }
        else if (shares.Find(
            s => s.Region.Outcome is { Translation: { } to, Delivery: DeliveryKind.Local }
                && (to.Port is { } port && port != row.Port.Value || to.Ports is not null)) is { } redirected)
        {
            var to = redirected.Region.Outcome.Translation!;
            yield return $"{RuleLabel.Full(to.Rule)} redirects packets for this port to {TargetText.Of(to, row.Port)}, so they do not "
                + $"reach this program";
        }

        if (shares.Find(s => s.Fate == ReachFate.Open) is { } open)
        {
            var later = open.Region.Outcome.Hindrance;
            var questions = open.Region.Outcome.Questions.Concat(later?.Questions ?? []).ToList();
            yield return open.Region.Outcome.Decision == FlowDecision.Queue && open.Region.Outcome.Decider is { } queue
                ? $"the program that {RuleLabel.Full(queue)} queues packets to decides"
                : later is { IsLate: true, Decision: not FlowDecision.Depends }
                ? $"depends on later packets: {new LaterPackets(row.Protocol, later, open.Region.Outcome.IsReplyHindered).Reason}"
                : questions.Count > 0 ? $"depends on {RuleLabel.Question(questions[0])}" : "depends on unknown facts";
        }
    }

    private string Forwarded(Translation to, FamilyReach family, IReadOnlyList<FamilyReach> plain)
    {
        var target = TargetText.Of(to, row.Port);
        var isDeniedOtherwise = plain.Count > 0
            && plain.All(p => p.Accepted.IsEmpty && p.Mixed.IsEmpty && p.Open.IsEmpty && !p.Denied.IsEmpty);
        var denier = plain.Select(p => p.Largest(ReachFate.Denied)?.Region.Outcome.Decider).FirstOrDefault(d => d is not null);
        return isDeniedOtherwise && denier is not null
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"{Maker(denier)} denies {row.Port.Value}, but {Maker(to.Rule)} forwards it to {target} before INPUT{From(family)}: "
                    + $"portolan explain {row.Port.Value}")
            : $"forwarded to {target} by {Maker(to.Rule)}, before INPUT";
    }

    /// <summary>Where few senders get in, as from the network of a container engine alone, these are named.</summary>
    internal static string From(FamilyReach family) => new FamilySummary(family).OnlyFrom is { } senders ? $", only from {senders}" : "";

    private string Maker(RuleReference rule) => ManagerLine.Maker(judge.Managers, rule, RuleLabel.Brief(rule));
}
