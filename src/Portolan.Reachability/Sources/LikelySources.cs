using System.Collections.Concurrent;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Sources;

/// <summary>Which senders to expect at an interface: those the routes back to lead out of it.</summary>
/// <remarks>
/// Rules that accept everything from a tunnel accept every address from it, but behind the tunnel lives one network. Without this a port
/// open to <c>wg0</c> alone would count as open to the world. Addresses without a route may come from anywhere, and are expected
/// everywhere.
/// </remarks>
public sealed class LikelySources(RouteMap routes)
{
    private readonly ConcurrentDictionary<bool, Expectation[]> _families = new();

    /// <summary>Those of some senders that are to be expected at one of some interfaces at least.</summary>
    public IntervalSet Expected(IntervalSet senders, IReadOnlyList<int> interfaces, bool isIPv4)
    {
        var expectations = _families.GetOrAdd(isIPv4, Find);
        var asked = interfaces.ToHashSet();

        // A large set, such as one of banned addresses, shares its memory with the result. Where routes are many and senders few, only the
        // routes of these matter.
        var expected = senders.Count > expectations.Length
            ? senders.Intersect(IntervalSet.FromOrdered(Parts(IntervalSet.All(isIPv4 ? 32 : 128), expectations, asked)))
            : IntervalSet.FromOrdered(Parts(senders, expectations, asked));
        return expected.Equals(senders) ? senders : expected;
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

    private static IEnumerable<Interval> Parts(IntervalSet senders, Expectation[] expectations, HashSet<int> asked)
    {
        var (last, isLast) = ((IReadOnlyList<int>?)null, true);
        foreach (var wanted in senders.Intervals)
        {
            for (var at = FirstEndingAt(expectations, wanted.First); at < expectations.Length
                && expectations[at].Senders.First <= wanted.Last; at++)
            {
                // What lies beside each other has mostly the same interfaces.
                var (part, by) = expectations[at];
                (last, isLast) = (by, ReferenceEquals(by, last) ? isLast : by is null || Overlap(asked, by));
                if (isLast)
                {
                    yield return new Interval(UInt128.Max(part.First, wanted.First), UInt128.Min(part.Last, wanted.Last));
                }
            }
        }
    }

    private static bool Overlap(HashSet<int> asked, IReadOnlyList<int> by)
    {
        for (var i = 0; i < by.Count; i++)
        {
            if (asked.Contains(by[i]))
            {
                return true;
            }
        }

        return false;
    }

    private Expectation[] Find(bool isIPv4)
    {
        var found = new List<Expectation>();
        foreach (var piece in routes.Find(IntervalSet.All(isIPv4 ? 32 : 128), new RouteKey(isIPv4)))
        {
            if (piece.Outcome.Kind is HostRouteKind.Local or HostRouteKind.Broadcast or HostRouteKind.Multicast or HostRouteKind.Anycast)
            {
                continue; // not a sender from outside
            }

            foreach (var part in piece.Destinations.Intervals)
            {
                found.Add(new Expectation(part, piece.Outcome.Kind == HostRouteKind.Unicast ? piece.Outcome.Interfaces : null));
            }
        }

        found.Sort(static (a, b) => a.Senders.First.CompareTo(b.Senders.First));
        return [.. found];
    }

    private static int FirstEndingAt(Expectation[] expectations, UInt128 value)
    {
        var (low, high) = (0, expectations.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = expectations[middle].Senders.Last < value ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Where senders are expected.</summary>
    /// <param name="Senders">The senders.</param>
    /// <param name="Interfaces">The interfaces; <c>null</c> for every one.</param>
    private readonly record struct Expectation(Interval Senders, IReadOnlyList<int>? Interfaces);
}
