using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Linux.Routing;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// The link that replies leave by: whether its neighbours can be found, whether the sender is there, where a route has no gateway, and
/// whether a permanent entry of the table of neighbours decides where frames go.
/// </summary>
/// <remarks>
/// Routes and entries of senders that are named one by one. Replies by a gateway may leave by any link: routing is asymmetric then.
/// </remarks>
internal sealed class ReplyLinkLayer(ExplainQuestion question, NamespaceJudge judge, ExplainFacts facts, bool isIPv4)
{
    private const int MostSenders = 8;
    private const ushort Ethernet = 1;

    /// <summary>Looks; where replies may not arrive, adds the step and what mends it, and returns what it depends on.</summary>
    /// <param name="result">Where the step goes.</param>
    /// <param name="share">The packets that get in.</param>
    internal (string On, string Reason)? Look(FamilyExplanation result, Share share)
    {
        if (share.Region.Packets.Interfaces.Select(judge.Host.Interface).FirstOrDefault(static i => i is { IsSilent: true }) is { } silent)
        {
            return Silent(result, silent);
        }

        if (question.From is not { Addresses: not null, IsThisMachine: false } || share.Senders.IsEmpty || share.Senders.Size > MostSenders
            || share.Region.Outcome is not { Delivery: DeliveryKind.Local or DeliveryKind.Forwarded })
        {
            return null;
        }

        // The reply of a translated connection has the address it was translated to until it is routed.
        var neighbours = facts.Neighbours();
        var back = share.Region.Outcome.Translation is null
            ? LikelySources.Back(isIPv4, share.Region.Packets.Destinations)
            : new RouteKey(isIPv4);
        foreach (var piece in judge.Routes.Find(share.Senders, back))
        {
            if (piece.Outcome is not { Kind: HostRouteKind.Unicast, Doubt: null, Interfaces: [var index] }
                || judge.Host.Interface(index) is not { IsLoopback: false, HardwareType: Ethernet } link)
            {
                continue;
            }

            for (var number = piece.Destinations.Intervals[0].First; number <= piece.Destinations.Intervals[^1].Last; number++)
            {
                var sender = InternetAddress.FromNumber(number, isIPv4);
                if (piece.Destinations.Contains(number) && !sender.IsLinkLocal
                    && Look(result, sender, piece.Outcome, link, neighbours) is { } found)
                {
                    return found;
                }
            }
        }

        return null;
    }

    private static (string On, string Reason) Silent(FamilyExplanation result, HostInterface link)
    {
        var reason = $"{link.Name} has ARP and neighbour discovery off (NOARP)";
        result.Add(new ExplanationStep("neighbours", LayerResult.Fail, $"{reason}: it neither answers nor sends address queries"));
        result.Fixes.Add($"sudo ip link set dev {link.Name} arp on    # unless both sides have permanent neighbour entries");
        return ("permanent neighbour entries", $"{reason}: hosts there get through only if both sides have entries for each other");
    }

    private (string On, string Reason)? Look(
        FamilyExplanation result, InternetAddress sender, RouteOutcome way, HostInterface link, IReadOnlyList<KernelNeighbour> neighbours)
    {
        var next = way.Gateway ?? sender;
        var entry = neighbours.FirstOrDefault(n => n.InterfaceIndex == link.Index && n.Address == next);
        if (entry is { IsPermanent: true } && link.Kind is not ("vxlan" or "geneve"))
        {
            var by = way.Gateway is null ? "" : $", by {next}";
            var words = $"replies to {sender} go to {entry.HardwareAddress} on {link.Name}{by}, a permanent neighbour entry";
            result.Add(new ExplanationStep("neighbours", LayerResult.Fail, words));
            result.Fixes.Add(
                $"sudo ip neighbour del {next.ToString()} dev {link.Name}    # if that address is wrong; the kernel then resolves it");
            return ($"the neighbour entry of {next}", $"{words}; they arrive only if that is its hardware address");
        }

        if (way.Gateway is not null || entry is not null || OtherLink(sender, link) is not { } other)
        {
            return null;
        }

        var reason = $"replies to {sender} leave on {link.Name} without a gateway, and {other}";
        result.Add(new ExplanationStep("neighbours", LayerResult.Fail, reason));
        result.Fixes.Add(
            $"ip route get {sender.ToString()}    # then correct that route, unless {sender.ToString()} is on the link of {link.Name}");
        return ($"the link that {sender} is on", $"{reason}; they arrive only if {sender} is on the link of {link.Name}");
    }

    /// <summary>Where else the sender seems to be: on the interface that was named, or in a network of another one.</summary>
    private string? OtherLink(InternetAddress sender, HostInterface link)
    {
        if (question.From!.Interface > 0 && question.From.Interface != link.Index
            && judge.Host.Interface(question.From.Interface) is { HardwareType: Ethernet, IsLoopback: false } named)
        {
            return $"its packets arrive on {named.Name}";
        }

        var networks = judge.Host.Addresses.Where(
            a => a.Address.IsIPv4 == isIPv4 && a.PrefixLength < a.Address.BitCount
                && judge.Host.Interface(a.InterfaceIndex) is { IsUp: true, IsLoopback: false }
                && IntervalSet.Prefix(a.Address.Number, a.PrefixLength, a.Address.BitCount).Contains(sender.Number)).ToList();
        return networks is [var own, ..] && !networks.Exists(a => a.InterfaceIndex == link.Index)
            ? $"it is in the network of {judge.Host.Interface(own.InterfaceIndex)!.Name} ({own.Address}/{own.PrefixLength})"
            : null;
    }
}
