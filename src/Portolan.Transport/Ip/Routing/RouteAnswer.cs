using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>How a packet leaves: what the routes say.</summary>
/// <param name="Interface">The interface; of a packet to this host itself the one it arrives on. <c>null</c> when there is no way.</param>
/// <param name="NextHop">Whose Ethernet address is needed; for groups and broadcasts the destination itself.</param>
/// <param name="Delivery">To whom it goes.</param>
/// <param name="IsLocal">Whether it goes to this host.</param>
/// <param name="Preferred">The source that the route names.</param>
/// <param name="Refusal">Of no way: what kind of route refused; <see cref="RouteKind.Unicast"/> when there was none.</param>
/// <param name="Mtu">The MTU that the route names; 0 for none.</param>
internal readonly record struct RouteAnswer(
    IpInterface? Interface,
    InternetAddress NextHop,
    IpDelivery Delivery,
    bool IsLocal = false,
    InternetAddress? Preferred = null,
    RouteKind Refusal = RouteKind.Unicast,
    int Mtu = 0);
