using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Judging;

/// <summary>How far replies get that sockets limit themselves: to hosts on the links, or past so many routers.</summary>
/// <param name="routes">The routes of the namespace.</param>
public sealed class ReplyRoutes(RouteMap routes)
{
    private readonly IntervalSet?[] _routed = new IntervalSet?[2];

    /// <summary>The TTL of IPv4 packets of sockets that have none of their own (ip_default_ttl).</summary>
    public int DefaultTtl => routes.Facts.DefaultTtl;

    /// <summary>The hosts that packets of this machine go to by a gateway.</summary>
    /// <param name="isIPv4">The family.</param>
    public IntervalSet Routed(bool isIPv4) => _routed[isIPv4 ? 1 : 0] ??= IntervalSet.UnionOf(
        [.. routes.Find(IntervalSet.All(isIPv4 ? 32 : 128), new RouteKey(isIPv4)).Where(
            static p => p.Outcome is { Kind: HostRouteKind.Unicast, Gateway: not null }).Select(static p => p.Destinations)]);
}
