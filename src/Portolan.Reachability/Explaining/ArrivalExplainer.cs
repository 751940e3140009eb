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

    /// <summary>Adds to the explanation of the way that is expected what becomes of packets by others.</summary>
    internal FamilyExplanation Complete(FamilyExplanation expected)
    {
        if (question is not
            {
                From: { Addresses: { } senders, Interface: 0, IsThisMachine: false } sender,
                Address: null or { IsLoopback: false, IsMulticast: false }
            }
            || facts.Judge is not { } judge || expected.IsLate
            || !judge.Routes.Find(senders, new RouteKey(isIPv4)).Any(
                static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null }))
        {
            return expected;
        }

        var back = judge.Likely.InterfacesTo(senders, isIPv4);
        foreach (var link in Others(judge, back))
        {
            var text = $"{sender.Text}%{link.Name}";
            var asked = question with { From = sender with { Interface = link.Index, Text = text } };
            if (facts.Beside(token => Of(asked, token), static () => null, cancellationToken) is not { } other)
            {
                return Unproved(expected, $"whether it is so by {link.Name} too was {facts.Time!.Why}");
            }

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

    private FamilyExplanation? Of(ExplainQuestion asked, CancellationToken token) =>
        new InboundExplainer(asked, facts, isIPv4, token).Explain();

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
        expected.AddFixesOf(other);
        return expected.Depends(
            "the interface", $"by {way}, the way back: {Words(expected)}; by {link}, which has {address}: {Words(other)}");
    }

    // Where no address was asked about, the way back is where it is expected; that this is taken for granted is said, and not called
    // proved.
    private static FamilyExplanation Conditional(FamilyExplanation expected, string way, FamilyExplanation other, string link) =>
        Unproved(expected, $"coming in by {way} as the way back leads; by {link}: {Words(other)}");

    private static FamilyExplanation Unproved(FamilyExplanation expected, string words)
    {
        for (var i = 0; i < expected.Steps.Count; i++)
        {
            expected.Steps[i] = expected.Steps[i] with { IsProved = null };
        }

        return expected.Say($"{expected.Reason}, {words}");
    }

    private static string Words(FamilyExplanation family) => family.Verdict switch
    {
        ReachVerdict.Reachable => $"yes, {family.Reason}",
        ReachVerdict.Unreachable => $"no, {family.Reason}",
        _ => family.Reason,
    };
}
