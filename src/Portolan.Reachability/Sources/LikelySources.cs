using System.Collections.Concurrent;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;

namespace Portolan.Reachability.Sources;

/// <summary>Which senders to expect at an interface: those the routes back to lead out of it.</summary>
/// <remarks>
/// Rules that accept everything from a tunnel accept every address from it, but behind the tunnel lives one network. Without this a port
/// open to <c>wg0</c> alone would count as open to the world. Addresses without a route may come from anywhere, and are expected
/// everywhere. Where policy rules choose the route by the source (<c>ip rule from ADDR</c>), the way back depends on the own address that
/// was asked.
/// </remarks>
public sealed class LikelySources(RouteMap routes)
{
    private readonly ConcurrentDictionary<(bool IsIPv4, int Group), Expectation[]> _known = new();
    private readonly ConcurrentDictionary<bool, IntervalSet[]> _groups = new();

    /// <summary>
    /// Own addresses in groups that are answered by the same routes; empty where the route does not depend on the address that answers.
    /// </summary>
    public IReadOnlyList<IntervalSet> Groups(bool isIPv4) => _groups.GetOrAdd(isIPv4, FindGroups);

    /// <summary>Those of some senders that are to be expected at one of some interfaces at least.</summary>
    /// <param name="senders">The senders.</param>
    /// <param name="interfaces">The interfaces.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="to">The own addresses they send to, of one group; <c>null</c> where that does not matter.</param>
    public IntervalSet Expected(IntervalSet senders, IReadOnlyList<int> interfaces, bool isIPv4, IntervalSet? to = null)
    {
        var expectations = _known.GetOrAdd((isIPv4, GroupOf(to, isIPv4)), Find);
        var asked = interfaces.ToHashSet();

        // A large set, such as one of banned addresses, shares its memory with the result. Where routes are many and senders few, only the
        // routes of these matter.
        var expected = senders.Count > expectations.Length
            ? senders.Intersect(IntervalSet.FromOrdered(Parts(IntervalSet.All(isIPv4 ? 32 : 128), expectations, asked)))
            : IntervalSet.FromOrdered(Parts(senders, expectations, asked));
        return expected.Equals(senders) ? senders : expected;
    }

    /// <summary>The interfaces on which a sender is expected, those that lead back to it; empty where no route does.</summary>
    /// <param name="senders">The senders.</param>
    /// <param name="isIPv4">The family.</param>
    /// <param name="to">The own addresses they send to; <c>null</c> where that does not matter.</param>
    public IReadOnlyList<int> InterfacesTo(IntervalSet senders, bool isIPv4, IntervalSet? to = null)
    {
        var found = new List<int>();
        foreach (var piece in routes.Find(senders, Back(isIPv4, to)))
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

    /// <summary>What the way back from own addresses is looked up by; <c>null</c> for a packet that has no source yet.</summary>
    public static RouteKey Back(bool isIPv4, IntervalSet? from) => new(isIPv4) { Sources = from is { IsEmpty: false } ? from : null };

    private int GroupOf(IntervalSet? to, bool isIPv4)
    {
        var groups = Groups(isIPv4);
        for (var i = 0; to is not null && i < groups.Count; i++)
        {
            if (groups[i].Overlaps(to))
            {
                return i;
            }
        }

        return -1;
    }

    // Each set of sources that the look-up of the way back distinguishes splits the groups further.
    private IntervalSet[] FindGroups(bool isIPv4)
    {
        if (!routes.ChoosesBySource(isIPv4))
        {
            return [];
        }

        var groups = new List<IntervalSet>
        {
            IntervalSet.From(
                routes.Facts.Addresses.Where(a => a.Address.IsIPv4 == isIPv4).Select(
                    a => new Interval(a.Address.Number, a.Address.Number))),
        };
        var back = routes.Find(IntervalSet.All(isIPv4 ? 32 : 128), Back(isIPv4, groups[0]));
        foreach (var sources in back.Select(static p => p.Sources).OfType<IntervalSet>().Distinct())
        {
            for (var i = groups.Count - 1; i >= 0; i--)
            {
                var (inside, outside) = (groups[i].Intersect(sources), groups[i].Except(sources));
                if (!inside.IsEmpty && !outside.IsEmpty)
                {
                    groups[i] = inside;
                    groups.Add(outside);
                }
            }
        }

        return groups.Count > 1 ? [.. groups] : [];
    }

    private Expectation[] Find((bool IsIPv4, int Group) of)
    {
        var found = new List<Expectation>();
        var from = of.Group < 0 ? null : Groups(of.IsIPv4)[of.Group];
        foreach (var piece in routes.Find(IntervalSet.All(of.IsIPv4 ? 32 : 128), Back(of.IsIPv4, from)))
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
