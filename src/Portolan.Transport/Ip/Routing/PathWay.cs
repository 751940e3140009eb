using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>How the packets of a path leave. The same for all paths by one route, and shared by them.</summary>
/// <param name="Interface">Where they leave; <c>null</c> when there is no way.</param>
/// <param name="Asked">The interface that the path must take, or <c>null</c>.</param>
/// <param name="Gateway">The router; <c>null</c> where the destination itself is the next hop.</param>
/// <param name="Delivery">The kind of receiver.</param>
/// <param name="IsLocal">Whether they stay in the host.</param>
/// <param name="Mtu">The route's own MTU; 0 for none.</param>
internal sealed record PathWay(
    IpInterface? Interface, IpInterface? Asked, InternetAddress? Gateway, IpDelivery Delivery, bool IsLocal, int Mtu)
{
    internal static PathWay None { get; } = new(null, null, null, IpDelivery.Host, IsLocal: false, Mtu: 0);

    internal bool Fits(in RouteDecision answer, InternetAddress destination, IpInterface? asked) =>
        Interface == answer.Interface && Asked == asked && (Gateway ?? destination) == answer.NextHop
            && Gateway.HasValue == (answer.NextHop != destination)
        && Delivery == answer.Delivery && IsLocal == answer.IsLocal && Mtu == answer.Mtu;
}

/// <summary>The ways that were used lately, so that paths share them: most hosts have two or three.</summary>
internal sealed class PathWays
{
    private const int Most = 8;

    private readonly PathWay[] _recent = new PathWay[Most];
    private int _next;

    internal PathWays() => Array.Fill(_recent, PathWay.None);

    internal PathWay Of(in RouteDecision answer, InternetAddress destination, IpInterface? asked)
    {
        foreach (var known in _recent)
        {
            if (known.Fits(answer, destination, asked))
            {
                return known;
            }
        }

        InternetAddress? gateway = answer.NextHop == destination ? null : answer.NextHop;
        var way = new PathWay(answer.Interface, asked, gateway, answer.Delivery, answer.IsLocal, answer.Mtu);
        _recent[_next++ % Most] = way;
        return way;
    }
}
