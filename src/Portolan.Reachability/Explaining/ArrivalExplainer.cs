using Portolan.Firewall.Host;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// Explains by every interface that a sender's packets may arrive on. Those of a sender on the link arrive on that link. Those of one
/// behind a router need not arrive on the way back to it, for others route them: they may arrive on the interface that has the address
/// asked about, or that the only listener is bound to.
/// </summary>
internal sealed class ArrivalExplainer(ExplainQuestion question, ExplainFacts facts, bool isIPv4, CancellationToken cancellationToken)
{
    /// <summary>More interfaces than that are not looked at one by one.</summary>
    private const int Most = 4;

    /// <summary>Adds to the explanation of the way that is expected what becomes of packets by others.</summary>
    internal FamilyExplanation Complete(FamilyExplanation expected)
    {
        var asked = new ListenerLayer(question, facts).Asked(isIPv4);
        if (question is not
            {
                From: { Addresses: { } senders, Interface: 0, IsThisMachine: false } sender,
                Address: null or { IsLoopback: false, IsMulticast: false }
            }
            || facts.Judge is not { } judge || expected.IsLate
            || !judge.Routes.Find(senders, LikelySources.Back(isIPv4, asked)).Any(
                static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null }))
        {
            return expected;
        }

        var back = judge.Likely.InterfacesTo(senders, isIPv4, asked);
        foreach (var (link, address) in Others(judge, back, asked))
        {
            var text = $"{sender.Text}%{link.Name}";
            var byLink = question with { From = sender with { Interface = link.Index, Text = text } };
            if (facts.Beside(token => Of(byLink, token), static () => null, cancellationToken) is not { } other)
            {
                return Unproved(expected, $"whether this also holds on {link.Name} was {facts.Time!.Why}");
            }

            if (other.Verdict != expected.Verdict && other.Verdict != ReachVerdict.Unknown)
            {
                var way = string.Join(" or ", back.Select(i => judge.Host.Interface(i)?.Name ?? "another interface"));
                return asked?.Size == 1
                    ? Both(expected, way, other, link.Name, address)
                    : Conditional(expected, way, other, link.Name);
            }
        }

        return expected;
    }

    private FamilyExplanation? Of(ExplainQuestion asked, CancellationToken token) =>
        new InboundExplainer(asked, facts, isIPv4, token).Explain();

    private List<(HostInterface Link, InternetAddress Address)> Others(
        NamespaceJudge judge, IReadOnlyList<int> back, IntervalSet? asked) =>
    [
        .. judge.Host.Addresses.Where(
            a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal && !back.Contains(a.InterfaceIndex)
                && asked?.Contains(a.Address.Number) != false)
            .DistinctBy(static a => a.InterfaceIndex)
            .Select(a => (Link: judge.Host.Interface(a.InterfaceIndex)!, a.Address))
            .Where(static i => i.Link is { IsUp: true, IsLoopback: false }).Take(Most),
    ];

    private static FamilyExplanation Both(
        FamilyExplanation expected, string way, FamilyExplanation other, string link, InternetAddress address)
    {
        expected.Steps.AddRange(
            other.Steps.Where(static s => s.Result is LayerResult.Fail or LayerResult.Unknown)
                .Select(s => s with { Detail = $"by {link}: {s.Detail}" }).ToList());
        expected.AddFixesOf(other);
        return expected.Depends(
            "the interface", $"on {way}, the return path: {Words(expected)}; on {link}, which has {address}: {Words(other)}");
    }

    // Where no address was asked about, the way back is where it is expected; that this is taken for granted is said, and not called
    // proved.
    private static FamilyExplanation Conditional(FamilyExplanation expected, string way, FamilyExplanation other, string link) =>
        Unproved(expected, $"arriving on {way}, the return path; on {link}: {Words(other)}");

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
