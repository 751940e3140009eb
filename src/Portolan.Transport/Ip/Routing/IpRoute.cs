using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>What a route does with packets.</summary>
public enum RouteKind : byte
{
    /// <summary>Sends them on.</summary>
    Unicast,

    /// <summary>Refuses them: host unreachable.</summary>
    Unreachable,

    /// <summary>Refuses them: administratively prohibited.</summary>
    Prohibit,

    /// <summary>Drops them without a word.</summary>
    Blackhole,
}

/// <summary>An entry of a stack's routing table.</summary>
/// <param name="Network">The destinations.</param>
/// <param name="Length">Bits of the network, 0–32 or 0–128; 0 for the default route.</param>
/// <param name="Interface">The interface; <c>null</c> for routes that are not <see cref="RouteKind.Unicast"/>.</param>
/// <param name="Gateway">The next hop; <c>null</c> when destinations are on the link.</param>
/// <param name="Metric">Of routes to the same network the lowest counts.</param>
/// <param name="Source">The source that packets have unless they name one; <c>null</c> to choose by RFC 6724.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Mtu">The most bytes of a packet that is sent along it, at least 68; 0 for what the interface takes.</param>
public sealed record IpRoute(
    InternetAddress Network,
    int Length,
    IpInterface? Interface,
    InternetAddress? Gateway = null,
    int Metric = 0,
    InternetAddress? Source = null,
    RouteKind Kind = RouteKind.Unicast,
    int Mtu = 0);
