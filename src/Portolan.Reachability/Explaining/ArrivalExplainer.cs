using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// Explains by every interface that a sender may come in by. One on the link comes in by that link; one behind a router need not come in by
/// the way back to it, for others route its packets: it may come in by the interface that has the address asked about.
/// </summary>
internal sealed class ArrivalExplainer(ExplainQuestion question, ExplainFacts facts, bool isIPv4, CancellationToken cancellationToken)
{
    /// <summary>More interfaces than that are not looked at one by one.</summary>
    private const int Most = 4;

    /// <summary>Explains.</summary>
    internal FamilyExplanation Explain()
    {
        var expected = Of(question);
        if (question is not
            {
                From: { Addresses: { } senders, Interface: 0, IsThisMachine: false } sender,
                Address: null or { IsLoopback: false, IsMulticast: false }
            }
            || facts.Judge is not { } judge
            || !judge.Routes.Find(senders, new RouteKey(isIPv4)).Any(
                static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null }))
        {
            return expected;
        }

        var back = judge.Likely.InterfacesTo(senders, isIPv4);
        foreach (var link in Others(judge, back))
        {
            var text = $"{sender.Text}%{link.Name}";
            var other = Of(question with { From = sender with { Interface = link.Index, Text = text } });
            if (other.Verdict != expected.Verdict && other.Verdict != ReachVerdict.Unknown)
            {
                var way = string.Join(" or ", back.Select(i => judge.Host.Interface(i)?.Name ?? "another interface"));
                return question.Address is { } address
                    ? Both(expected, way, other, link.Name, address)
                    : Conditional(expected, way, other, link.Name);
            }
        }

        return expected;
    }

    private FamilyExplanation Of(ExplainQuestion asked) => new InboundExplainer(asked, facts, isIPv4, cancellationToken).Explain();

    private List<HostInterface> Others(NamespaceJudge judge, IReadOnlyList<int> back) =>
    [
        .. judge.Host.Addresses.Where(
            a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal && !back.Contains(a.InterfaceIndex)
                && (question.Address is null || a.Address == question.Address))
            .Select(a => judge.Host.Interface(a.InterfaceIndex)).OfType<HostInterface>()
            .Where(static i => i is { IsUp: true, IsLoopback: false }).Distinct().Take(Most),
    ];

    private static FamilyExplanation Both(
        FamilyExplanation expected, string way, FamilyExplanation other, string link, InternetAddress address)
    {
        expected.Steps.AddRange(
            other.Steps.Where(static s => s.Result is StepResult.Fail or StepResult.Unknown)
                .Select(s => s with { Detail = $"by {link}: {s.Detail}" }).ToList());
        expected.Fixes.AddRange(other.Fixes);
        return expected.Depends(
            "the interface", $"by {way}, the way back: {Words(expected)}; by {link}, which has {address}: {Words(other)}");
    }

    // Where no address was asked about, the way back is where it is expected; that this is taken for granted is said, and not called
    // proved.
    private static FamilyExplanation Conditional(FamilyExplanation expected, string way, FamilyExplanation other, string link)
    {
        for (var i = 0; i < expected.Steps.Count; i++)
        {
            expected.Steps[i] = expected.Steps[i] with { IsProved = null };
        }

        return expected.End(
            expected.Verdict, expected.Symptom, $"{expected.Reason}, coming in by {way} as the way back leads; by {link}: {Words(other)}");
    }

    private static string Words(FamilyExplanation family) => family.Verdict switch
    {
        ReachVerdict.Reachable => $"yes, {family.Reason}",
        ReachVerdict.Unreachable => $"no, {family.Reason}",
        _ => family.Reason,
    };
}
