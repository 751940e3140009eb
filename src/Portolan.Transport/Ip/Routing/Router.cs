using Portolan.Model;
using Portolan.Transport.Addressing;

namespace Portolan.Transport.Ip;

/// <summary>Where packets go and where they come from: routes, local addresses, the choice of a source.</summary>
/// <remarks>One thread at a time.</remarks>
/// <param name="host">The host.</param>
internal sealed class Router(IpHost host)
{
    private readonly SourceSelector _selector = new(PolicyTable.Default);
    private SourceCandidate[] _all = [];
    private int _allGeneration = -1;

    internal RouteTable Routes { get; } = new();

    internal AddressTable Addresses { get; } = new();

    /// <summary>Whether an address is neither a group nor a broadcast address.</summary>
    internal static bool IsUnicast(InternetAddress address) =>
        !IsMulticast(address) && !address.IsUnspecified && !(address.IsIPv4 && address.IPv4Bits >> 28 == 0xf);

    internal static bool IsMulticast(InternetAddress address) =>
        address.IsIPv4 ? address.IPv4Bits >> 28 == 0xe : address.UpperBits >> 56 == 0xff;

    /// <summary>Finds the way of a packet of this host.</summary>
    /// <param name="source">Its source, or unspecified.</param>
    /// <param name="destination">Where to.</param>
    /// <param name="only">The interface it must take, or <c>null</c>.</param>
    internal RouteDecision Find(InternetAddress source, InternetAddress destination, IpInterface? only)
    {
        if (FindLocal(destination, only) is { } local)
        {
            return local;
        }

        var owner = source.IsUnspecified ? null : host.OwnerOf(source, only);

        // RFC 1122 section 3.3.4.2: in the strong model the source decides on the interface.
        only ??= host.Options.Model == HostModel.Strong && owner is { IsLoopback: false } ? owner : null;
        if (Addresses.IsBroadcast(destination, out var broadcastAt))
        {
            // Of several interfaces on the network the one of the source.
            broadcastAt = owner is not null && Addresses.IsBroadcastOf(destination, owner) ? owner : broadcastAt;
            return new RouteDecision(only ?? broadcastAt ?? owner ?? FirstInterface(isIPv4: true), destination, IpDelivery.Broadcast);
        }

        if (IsMulticast(destination))
        {
            var at = only
                ?? (owner is { IsLoopback: false }
                    ? owner
                    : Routes.Find(destination, null)?.Interface ?? FirstInterface(destination.IsIPv4));
            return new RouteDecision(at, destination, IpDelivery.Multicast);
        }

        if (!destination.IsIPv4 && destination.IsLinkLocal)
        {
            // RFC 4007 section 9: never beyond its link.
            return new RouteDecision(only ?? owner ?? FirstInterface(isIPv4: false), destination, IpDelivery.Host);
        }

        return Follow(destination, only);
    }

    /// <summary>Follows the routes.</summary>
    internal RouteDecision Follow(InternetAddress destination, IpInterface? only)
    {
        var route = Routes.Find(destination, only);
        if (route is null || route.Interface is null)
        {
            return new RouteDecision(null, destination, IpDelivery.Host, Refusal: route?.Kind ?? RouteKind.Unicast);
        }

        return new RouteDecision(route.Interface, route.Gateway ?? destination, IpDelivery.Host, Preferred: route.Source, Mtu: route.Mtu);
    }

    /// <summary>Chooses the source of a packet (RFC 6724 section 5).</summary>
    internal bool TrySelectSource(InternetAddress destination, in RouteDecision way, out InternetAddress source)
    {
        if (way.IsLocal)
        {
            source = destination;
            return true;
        }

        if (way.Preferred is { } preferred)
        {
            source = preferred;
            return true;
        }

        var path = new OutgoingPath(way.Interface!.Number, way.NextHop == destination ? null : way.NextHop);
        var found = _selector.TrySelect(destination, way.Interface.Candidates, path, out var chosen, out _);

        // RFC 6724 section 4: for groups and link-local destinations only addresses of the interface; else others where it has none.
        var mustBeOfInterface = way.Delivery != IpDelivery.Host || destination.IsLinkLocal || host.Options.Model == HostModel.Strong;
        found = found || (!mustBeOfInterface && _selector.TrySelect(destination, AllCandidates(), path, out chosen, out _));
        source = chosen.Address;
        return found && !(source.IsLoopback && !way.Interface.IsLoopback);
    }

    private RouteDecision? FindLocal(InternetAddress destination, IpInterface? only)
    {
        var owner = host.OwnerOf(destination, only);
        if (owner is null)
        {
            return null;
        }

        // A link-local address keeps its interface, for it means something only with it.
        var at = !destination.IsIPv4 && destination.IsLinkLocal ? owner : host.Loopback;
        return new RouteDecision(at, destination, IpDelivery.Host, IsLocal: true);
    }

    private IpInterface? FirstInterface(bool isIPv4)
    {
        foreach (var candidate in host.Interfaces)
        {
            if (!candidate.IsLoopback && candidate.IsUp)
            {
                foreach (var address in candidate.Candidates)
                {
                    if (address.Address.IsIPv4 == isIPv4)
                    {
                        return candidate;
                    }
                }
            }
        }

        return null;
    }

    private SourceCandidate[] AllCandidates()
    {
        if (_allGeneration != host.Generation)
        {
            _allGeneration = host.Generation;
            _all = [.. host.Interfaces.Where(static i => i.IsUp && !i.IsLoopback).SelectMany(static i => i.Candidates.ToArray()).Where(
                static c => !c.Address.IsLinkLocal)];
        }

        return _all;
    }
}

/// <summary>How a packet leaves: what the routes say.</summary>
/// <param name="Interface">The interface; of a packet to this host itself the one it arrives on. <c>null</c> when there is no way.</param>
/// <param name="NextHop">Whose Ethernet address is needed; for groups and broadcasts the destination itself.</param>
/// <param name="Delivery">The kind of receiver.</param>
/// <param name="IsLocal">Whether it goes to this host.</param>
/// <param name="Preferred">The source that the route names.</param>
/// <param name="Refusal">Of no way: what kind of route refused; <see cref="RouteKind.Unicast"/> when there was none.</param>
/// <param name="Mtu">The MTU that the route names; 0 for none.</param>
internal readonly record struct RouteDecision(
    IpInterface? Interface,
    InternetAddress NextHop,
    IpDelivery Delivery,
    bool IsLocal = false,
    InternetAddress? Preferred = null,
    RouteKind Refusal = RouteKind.Unicast,
    int Mtu = 0);
