using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Judging;

/// <summary>One sender of many, such as there really are: a neighbour on the link, else one that a route leads back to.</summary>
public static class TypicalSender
{
    /// <summary>Picks one.</summary>
    /// <param name="judge">The machine.</param>
    /// <param name="senders">The senders; not empty.</param>
    /// <param name="interfaces">The interfaces they arrive on; empty for any.</param>
    /// <param name="isIPv4">The family.</param>
    public static UInt128 Of(NamespaceJudge judge, IntervalSet senders, IReadOnlyList<int> interfaces, bool isIPv4)
    {
        var bits = isIPv4 ? 32 : 128;
        var own = IntervalSet.From(
            judge.Host.Addresses.Where(a => a.Address.IsIPv4 == isIPv4).Select(a => new Interval(a.Address.Number, a.Address.Number)));
        foreach (var address in judge.Host.Addresses.Where(
            a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLinkLocal && !a.Address.IsLoopback
                && (interfaces.Count == 0 || interfaces.Contains(a.InterfaceIndex))))
        {
            var net = IntervalSet.Prefix(address.Address.Number, address.PrefixLength, bits);
            var neighbours = net.Intersect(senders).Except(own).Except(
                address.PrefixLength < bits - 1 ? NotHosts(net.Intervals[0], isIPv4) : IntervalSet.Empty);
            if (!neighbours.IsEmpty)
            {
                return Inner(neighbours);
            }
        }

        foreach (var piece in judge.Routes.Find(senders, new RouteKey(isIPv4)))
        {
            if (piece.Outcome.Kind == HostRouteKind.Unicast && !piece.Destinations.IsEmpty)
            {
                return Inner(piece.Destinations);
            }
        }

        return Inner(senders);
    }

    // The first address names the network, or all its routers (RFC 4291 section 2.6.1); the last of IPv4 is the broadcast address.
    private static IntervalSet NotHosts(Interval net, bool isIPv4) =>
        isIPv4 ? IntervalSet.Of(net.First).Union(IntervalSet.Of(net.Last)) : IntervalSet.Of(net.First);

    /// <summary>Not the first of a network, which names the network.</summary>
    private static UInt128 Inner(IntervalSet set)
    {
        var first = set.Intervals[0];
        return first.First == first.Last ? first.First : first.First + 1;
    }
}
