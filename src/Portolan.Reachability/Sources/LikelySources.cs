using System.Collections.Concurrent;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Sources;

/// <summary>Which senders to expect at an interface: those the routes back to lead out of it.</summary>
/// <remarks>
/// Rules that accept everything from a tunnel accept every address from it, but behind the tunnel lives one network. Without this a port
/// open to <c>wg0</c> alone would count as open to the world. Addresses without a route may come from anywhere, and are expected everywhere.
/// </remarks>
public sealed class LikelySources(RouteMap routes)
{
    private readonly ConcurrentDictionary<bool, (Dictionary<int, IntervalSet> ByInterface, IntervalSet Nowhere)> _families = new();

    /// <summary>The senders to expect at an interface.</summary>
    public IntervalSet At(int interfaceIndex, bool isIPv4)
    {
        var (known, nowhere) = _families.GetOrAdd(isIPv4, Find);
        return known.TryGetValue(interfaceIndex, out var sources) ? sources : nowhere;
    }

    /// <summary>The interfaces by which a sender is expected, those that lead back to it; empty where no route does.</summary>
    public IReadOnlyList<int> InterfacesTo(IntervalSet senders, bool isIPv4)
    {
        var found = new List<int>();
        foreach (var piece in routes.Find(senders, new RouteKey(isIPv4)))
        {
            if (piece.Outcome.Kind == HostRouteKind.Unicast)
            {
                found.AddRange(piece.Outcome.Interfaces.Where(i => !found.Contains(i)));
            }
        }

        return found;
    }

    private (Dictionary<int, IntervalSet> ByInterface, IntervalSet Nowhere) Find(bool isIPv4)
    {
        var byInterface = new Dictionary<int, List<Interval>>();
        var nowhere = new List<Interval>();
        foreach (var piece in routes.Find(IntervalSet.All(isIPv4 ? 32 : 128), new RouteKey(isIPv4)))
        {
            var parts = piece.Destinations.Intervals;
            switch (piece.Outcome.Kind)
            {
                case HostRouteKind.Unicast:
                    foreach (var index in piece.Outcome.Interfaces)
                    {
                        if (!byInterface.TryGetValue(index, out var list))
                        {
                            byInterface[index] = list = [];
                        }

                        list.AddRange(parts);
                    }

                    break;
                case HostRouteKind.Local or HostRouteKind.Broadcast or HostRouteKind.Multicast or HostRouteKind.Anycast:
                    break; // not a sender from outside
                default:
                    nowhere.AddRange(parts);
                    break;
            }
        }

        return (byInterface.ToDictionary(p => p.Key, p => IntervalSet.From([.. p.Value, .. nowhere])), IntervalSet.From(nowhere));
    }
}
