using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Judging.Compiling;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Types of IPv6 addresses as the fib expression tells them (nft_fib6_eval_type).</summary>
internal static class AddressTypes
{
    private static readonly IntervalSet LinkLocal = IntervalSet.Prefix((UInt128)0xfe80 << 112, 10, 128);
    private static readonly IntervalSet Multicast = IntervalSet.Prefix((UInt128)0xff00 << 112, 8, 128);

    /// <summary>The types; <c>null</c> when a route is not sure.</summary>
    /// <param name="context">The host.</param>
    /// <param name="addresses">The addresses.</param>
    /// <param name="index">The interface whose addresses alone count, 0 for any.</param>
    /// <param name="link">The interface on which addresses of a link are looked up, 0 when it is not known.</param>
    public static IReadOnlyList<(IntervalSet Addresses, HostRouteKind Kind)>? OfIPv6(
        JudgeContext context, IntervalSet addresses, int index, int link)
    {
        var result = new List<(IntervalSet Addresses, HostRouteKind Kind)>();
        if (index != 0)
        {
            var own = OwnOf(context.Host, index);
            var local = addresses.Intersect(own);
            if (!local.IsEmpty)
            {
                result.Add((local, HostRouteKind.Local));
                addresses = addresses.Except(own);
            }
        }

        var near = addresses.Intersect(LinkLocal);
        if (link == 0 && !near.IsEmpty)
        {
            return null;
        }

        var pieces = new List<RoutePiece>(context.Routes.Find(addresses.Except(near), new RouteKey(false)));
        pieces.AddRange(context.Routes.Find(near, new RouteKey(false) { OutputInterface = link, IsStrict = true }));
        foreach (var piece in pieces)
        {
            if (piece.Outcome.Doubt is not null)
            {
                return null;
            }

            var kind = piece.Outcome.Kind switch
            {
                HostRouteKind.Anycast => HostRouteKind.Anycast,
                HostRouteKind.Local when index == 0 => HostRouteKind.Local,
                HostRouteKind.Blackhole or HostRouteKind.Prohibit => piece.Outcome.Kind,
                HostRouteKind.None or HostRouteKind.Unreachable => HostRouteKind.Unreachable,
                _ => HostRouteKind.Unicast,
            };
            Add(result, piece.Destinations, kind);
        }

        return result;
    }

    private static void Add(List<(IntervalSet Addresses, HostRouteKind Kind)> result, IntervalSet addresses, HostRouteKind kind)
    {
        var multicast = kind == HostRouteKind.Unicast ? addresses.Intersect(Multicast) : IntervalSet.Empty;
        if (!multicast.IsEmpty)
        {
            result.Add((multicast, HostRouteKind.Multicast));
            addresses = addresses.Except(Multicast);
        }

        // The unspecified address has no type of its own.
        var nothing = kind == HostRouteKind.Unicast ? addresses.Intersect(IntervalSet.Of(0)) : IntervalSet.Empty;
        if (!nothing.IsEmpty)
        {
            result.Add((nothing, HostRouteKind.None));
            addresses = addresses.Except(nothing);
        }

        if (!addresses.IsEmpty)
        {
            result.Add((addresses, kind));
        }
    }

    private static IntervalSet OwnOf(HostFacts host, int index)
    {
        var own = new List<Interval>();
        foreach (var address in host.Addresses)
        {
            if (address.InterfaceIndex == index && !address.Address.IsIPv4)
            {
                own.Add(new Interval(address.Address.Number, address.Address.Number));
            }
        }

        return IntervalSet.From(own);
    }
}
