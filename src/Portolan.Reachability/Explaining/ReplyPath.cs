using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// On which interface replies leave: where rules give them a mark that policy routing looks at, and where it is another than the question
/// came by, which no check of senders (rp_filter) has to stop.
/// </summary>
/// <remarks>
/// Then a router or a firewall on the way sees one direction only. It is said of senders that were asked about by name; of a mark for all.
/// </remarks>
internal sealed class ReplyPath(ExplainQuestion question, NamespaceJudge judge, bool isIPv4, CancellationToken cancellationToken)
{
    private const int MostNamed = 3;

    /// <summary>Says it; none where they leave by the same interface, or it cannot be seen.</summary>
    /// <param name="share">The packets that get in.</param>
    /// <param name="query">The question that they were found by.</param>
    internal IEnumerable<string> Words(Share share, FlowQuery query)
    {
        if (question.From is { IsThisMachine: true }
            || share.Region.Outcome is not { Delivery: DeliveryKind.Local, Rewriting: null })
        {
            return [];
        }

        var marked = judge.Routes.ChoosesByMark(isIPv4) ? Marked(share, query) : [];
        return question.From is null ? marked : [.. marked, .. OtherWay(share, query) is { } other ? (string[])[other] : []];
    }

    /// <summary>What marks do to the replies to packets that arrive on each of a few interfaces.</summary>
    private IEnumerable<string> Marked(Share share, FlowQuery query)
    {
        foreach (var index in share.Region.Packets.Interfaces.Take(MostNamed))
        {
            var senders = judge.Likely.Expected(share.Senders, [index], isIPv4, share.Region.Packets.Destinations);
            senders = senders.IsEmpty ? share.Senders : senders;
            var own = judge.Host.Addresses.FirstOrDefault(
                a => a.InterfaceIndex == index && a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal
                    && share.Region.Packets.Destinations.Contains(a.Address.Number));
            if (senders.IsEmpty || own is null)
            {
                continue;
            }

            var sender = IntervalSet.Of(TypicalSender.Of(judge, senders, [index], isIPv4));
            var destination = IntervalSet.Of(own.Address.Number);
            var plain = Unmarked(sender, destination);
            var found = Judged(query, sender, destination, index);
            var to = $"to packets that arrive on {NameOf(index)}";
            if (found.Why is { } why)
            {
                yield return $"the interface of replies {to} is unknown: {why}";
            }
            else if (found.Outputs.Count > 0 && !found.Outputs.ToHashSet().SetEquals(plain))
            {
                yield return $"replies {to} leave on {Names(found.Outputs)}: a mark set by rules selects that route";
            }
        }
    }

    private string? OtherWay(Share share, FlowQuery query)
    {
        var from = question.From!;
        var (senders, destinations) = (share.Senders, share.Region.Packets.Destinations);
        var address = destinations is { Count: 1 } && destinations.Intervals[0] is var (only, last) && only == last
            ? judge.Host.Addresses.FirstOrDefault(a => a.Address.Number == only && a.Address.IsIPv4 == isIPv4)
            : null;
        var (index, has) = from.Interface > 0 ? (from.Interface, "")
            : address is { Address.IsLinkLocal: false } && IsBehindRouter(senders, destinations) && !IsOfContainers(address.InterfaceIndex)
            ? (address.InterfaceIndex, $", which has {address.Address}")
            : (0, "");
        if (judge.Host.Interface(index) is not { IsUp: true, IsLoopback: false } input || judge.Routes.VrfOf(index) != 0)
        {
            return null;
        }

        var outputs = judge.Routes.ChoosesByMark(isIPv4) ? OutputsByMark(senders, destinations, query, index) : [];
        if (outputs is null)
        {
            return null;
        }

        foreach (var piece in outputs.Count > 0 ? [] : judge.Routes.Find(senders, LikelySources.Back(isIPv4, destinations)))
        {
            if (piece.Outcome is { Kind: HostRouteKind.Unicast, Doubt: null } way && !way.Interfaces.Contains(index)
                && !IsOfLink(piece.Destinations))
            {
                outputs.AddRange(way.Interfaces.Where(i => !outputs.Contains(i)));
            }
        }

        return outputs.Count == 0 || outputs.Contains(index) ? null
            : $"packets arrive on {input.Name}{has}, but replies leave on {Names(outputs)} (asymmetric routing), as far as is visible: "
                + "a stateful firewall that sees only one direction may drop them";
    }

    /// <summary>Where marks lead the replies of a typical sender; <c>null</c> where that is unknown.</summary>
    private List<int>? OutputsByMark(IntervalSet senders, IntervalSet destinations, FlowQuery query, int index)
    {
        if (senders.IsEmpty || destinations.IsEmpty)
        {
            return [];
        }

        var sender = IntervalSet.Of(TypicalSender.Of(judge, senders, [index], isIPv4));
        var (outputs, why) = Judged(query, sender, IntervalSet.Of(destinations.Intervals[0].First), index);
        return why is null ? outputs : null;
    }

    /// <summary>The interfaces that replies leave by, with the marks that rules give them; or why that is not known.</summary>
    private (List<int> Outputs, string? Why) Judged(FlowQuery query, IntervalSet sender, IntervalSet destination, int index)
    {
        var one = query with { Sources = sender, Destinations = destination, Interfaces = [index], WithReplyInterface = true };
        var answer = judge.Judge(one, cancellationToken);
        var outputs = new List<int>();
        foreach (var region in answer.Regions.Where(static r => r.Packets.Unusual.Count == 0))
        {
            if (region.Outcome.Replies is not { } replies)
            {
                return ([], "not all packets that arrive there certainly get in");
            }

            var open = replies.Questions.FirstOrDefault(
                q => replies.Decision != FlowDecision.Accept || q.Topic == QuestionTopic.Route);
            if (replies.OutputInterface == 0 || open is not null)
            {
                return ([], open is null ? "several routes are possible" : RuleLabel.Question(open));
            }

            if (!outputs.Contains(replies.OutputInterface))
            {
                outputs.Add(replies.OutputInterface);
            }
        }

        return (outputs, null);
    }

    private HashSet<int> Unmarked(IntervalSet sender, IntervalSet destination) =>
        [.. judge.Routes.Find(sender, LikelySources.Back(isIPv4, destination)).SelectMany(static p => p.Outcome.Interfaces)];

    private string Names(List<int> indexes) =>
        $"{string.Join(" or ", indexes.Take(MostNamed).Select(NameOf))}{(indexes.Count > MostNamed ? " or others" : "")}";

    private string NameOf(int index) => judge.Host.Interface(index)?.Name ?? "another interface";

    // What comes to containers from elsewhere arrives on another interface, and is sent on.
    private bool IsOfContainers(int index) =>
        judge.Host.Interface(index) is { Kind: "bridge" }
            && judge.Host.Interfaces.Where(i => i.Master == index).All(static i => i.Kind is "veth" or "tun");

    private bool IsBehindRouter(IntervalSet senders, IntervalSet destinations) =>
        judge.Routes.Find(senders, LikelySources.Back(isIPv4, destinations)).Any(
            static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null });

    // Answered on the link that they are on.
    private bool IsOfLink(IntervalSet senders) => !isIPv4 && senders.Overlaps(IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128));
}
