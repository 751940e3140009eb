using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging;
using Portolan.Reachability.Judging;

namespace Portolan.Reachability.Explaining;

/// <summary>
/// Whether replies leave by another interface than the question came by, which no check of senders (rp_filter) has to stop.
/// </summary>
/// <remarks>Then a router or a firewall on the way sees one direction only. It is said of senders that were asked about by name.</remarks>
internal sealed class ReplyPath(ExplainQuestion question, NamespaceJudge judge, bool isIPv4)
{
    /// <summary>Says it; <c>null</c> where they leave by the same interface, or it cannot be seen.</summary>
    /// <param name="share">The packets that get in.</param>
    internal string? Words(Share share)
    {
        if (question.From is not { IsThisMachine: false } from
            || share.Region.Outcome is not { Delivery: DeliveryKind.Local, Translation: null })
        {
            return null;
        }

        var (senders, destinations) = (share.Senders, share.Region.Packets.Destinations);
        var address = destinations is { Count: 1 } && destinations.Intervals[0] is var (only, last) && only == last
            ? judge.Host.Addresses.FirstOrDefault(a => a.Address.Number == only && a.Address.IsIPv4 == isIPv4)
            : null;
        var (index, has) = from.Interface > 0 ? (from.Interface, "")
            : address is { Address.IsLinkLocal: false } && IsBehindRouter(senders) && !IsOfContainers(address.InterfaceIndex)
            ? (address.InterfaceIndex, $", which has {address.Address}")
            : (0, "");
        if (judge.Host.Interface(index) is not { IsUp: true, IsLoopback: false } input || judge.Routes.VrfOf(index) != 0)
        {
            return null;
        }

        var outputs = new List<int>();
        foreach (var piece in judge.Routes.Find(senders, new RouteKey(isIPv4) { Sources = destinations }))
        {
            if (piece.Outcome is { Kind: HostRouteKind.Unicast, Doubt: null } way && !way.Interfaces.Contains(index)
                && !IsOfLink(piece.Destinations))
            {
                outputs.AddRange(way.Interfaces.Where(i => !outputs.Contains(i)));
            }
        }

        var names = outputs.Take(3).Select(i => judge.Host.Interface(i)?.Name ?? "another interface").ToList();
        return names.Count == 0 ? null
            : $"they leave by {string.Join(" or ", names)}{(outputs.Count > names.Count ? " or others" : "")}, and the question comes in by {input.Name}{has}, as far as can be seen: a firewall on the way that sees one direction only may stop them";
    }

    // What comes to containers from elsewhere comes in by another interface, and is sent on.
    private bool IsOfContainers(int index) =>
        judge.Host.Interface(index) is { Kind: "bridge" }
            && judge.Host.Interfaces.Where(i => i.Master == index).All(static i => i.Kind is "veth" or "tun");

    private bool IsBehindRouter(IntervalSet senders) =>
        judge.Routes.Find(senders, new RouteKey(isIPv4)).Any(static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null });

    // Answered on the link that they are on.
    private bool IsOfLink(IntervalSet senders) => !isIPv4 && senders.Overlaps(IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128));
}
