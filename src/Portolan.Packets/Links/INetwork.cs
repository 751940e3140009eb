using Portolan.Model;

namespace Portolan.Packets.Links;

/// <summary>The network as this host sees it: routes, neighbours and links. The kernel's, or a simulated one.</summary>
public interface INetwork
{
    /// <summary>How the host would reach an address. Asks nothing on the wire.</summary>
    /// <param name="destination">The target.</param>
    /// <param name="interfaceName">Only routes over this interface (nmap's <c>-e</c>); <c>null</c> for any.</param>
    /// <param name="source">Only with this source address (nmap's <c>-S</c>); <c>null</c> for the one the route names.</param>
    RouteAnswer FindRoute(InternetAddress destination, string? interfaceName = null, InternetAddress? source = null);

    /// <summary>The Ethernet address of a neighbour when the host knows it already.</summary>
    bool TryFindNeighbour(int interfaceIndex, InternetAddress address, out MacAddress hardwareAddress);

    /// <summary>Opens the link of a route. Throws <see cref="PortolanException"/> with exit code 4 where privilege is missing.</summary>
    IPacketLink Open(Route route);
}

/// <summary>A way to a destination.</summary>
/// <param name="InterfaceIndex">The kernel's number of the outgoing interface.</param>
/// <param name="InterfaceName">Its name.</param>
/// <param name="Layer">What frames on it start with.</param>
/// <param name="Source">Our address towards the destination.</param>
/// <param name="Gateway">The next hop; <c>null</c> when the destination is on the link itself.</param>
/// <param name="IsLocal">The destination is this host (its loopback or one of its own addresses).</param>
/// <param name="Mtu">The most bytes of an IP packet.</param>
public sealed record Route(
    int InterfaceIndex, string InterfaceName, LinkLayer Layer, InternetAddress Source, InternetAddress? Gateway, bool IsLocal, int Mtu)
{
    /// <summary>The destination is a neighbour: ARP or neighbour discovery finds it.</summary>
    public bool IsOnLink => Gateway is null && !IsLocal && Layer == LinkLayer.Ethernet;
}

/// <summary>What <see cref="INetwork.FindRoute"/> found: a route, or why there is none.</summary>
/// <param name="Route">The route, or <c>null</c>.</param>
/// <param name="Problem">Why there is none, for people, such as <c>no route to 2001:db8::1</c> or <c>interface eth7 is down</c>.</param>
/// <param name="Hint">What to do about it.</param>
public readonly record struct RouteAnswer(Route? Route, string? Problem, Advice? Hint);
