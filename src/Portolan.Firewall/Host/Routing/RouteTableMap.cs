namespace Portolan.Firewall.Host.Routing;

/// <summary>
/// A routing table laid flat: stretches of destination addresses, each with the routes that may decide, the first that fits wins.
/// </summary>
/// <remarks>
/// IPv4: fib_table_lookup (net/ipv4/fib_trie.c): the longest prefix, then the type of service, then the metric; a route that does not fit
/// gives way to a shorter prefix. IPv6: fib6_node_lookup and rt6_select (net/ipv6/route.c). Immutable.
/// </remarks>
internal sealed class RouteTableMap
{
    private const uint LocalTable = 255;
    private const string LocalMayWin = "table local decides first if there ever were other policy rules";

    private readonly List<Span> _spans = [];

    private RouteTableMap()
    {
    }

    /// <summary>Lays the routes flat that a selection leaves.</summary>
    /// <param name="routes">Routes of one family and table; for IPv4 without rules those of "local" and "main", which are one trie
    /// then.</param>
    /// <param name="bits">Bits of an address.</param>
    /// <param name="select">Gives a route's interfaces that may be used, or <c>null</c> when the route may not.</param>
    /// <param name="rank">Orders equal routes: those of a lower rank come first, of the same rank any may be taken.</param>
    internal static RouteTableMap Build(
        IEnumerable<HostRoute> routes, int bits, Func<HostRoute, IReadOnlyList<int>?> select, Func<HostRoute, int> rank)
    {
        var map = new RouteTableMap();
        var open = new Stack<(UInt128 Last, RouteCandidate[] Candidates)>();
        var next = UInt128.Zero;
        foreach (var group in routes.GroupBy(r => (Key: r.Destination.Number, r.PrefixLength)).OrderBy(g => g.Key.Key).ThenBy(
            g => g.Key.PrefixLength))
        {
            var prefix = IntervalSet.Prefix(group.Key.Key, group.Key.PrefixLength, bits).Intervals[0];
            map.CloseUpTo(open, prefix.First, ref next);
            if (open.Count > 0 && next < prefix.First)
            {
                map.Add(next, prefix.First - 1, open.Peek().Candidates);
            }

            next = prefix.First;
            open.Push((prefix.Last, Candidates([.. group], open.Count > 0 ? open.Peek().Candidates : [], select, rank)));
        }

        while (open.TryPop(out var top))
        {
            map.Add(next, top.Last, top.Candidates);
            if (top.Last == UInt128.MaxValue)
            {
                break; // what else is open ends here too
            }

            next = UInt128.Max(next, top.Last + 1);
        }

        return map;
    }

    /// <summary>Shows each part of a set that has routes, with its candidates, and returns what has none.</summary>
    internal IntervalSet Split(IntervalSet destinations, Action<IntervalSet, RouteCandidate[]> visit)
    {
        // Parts with the same candidates are one, wherever they lie: a table of a hundred nets with one gateway is few outcomes.
        var parts = new Dictionary<RouteCandidate[], List<Interval>>();
        var order = new List<RouteCandidate[]>();
        var found = new List<Interval>();
        foreach (var wanted in destinations.Intervals)
        {
            for (var i = FirstEndingAt(wanted.First); i < _spans.Count && _spans[i].First <= wanted.Last; i++)
            {
                var span = _spans[i];
                var part = new Interval(UInt128.Max(span.First, wanted.First), UInt128.Min(span.Last, wanted.Last));
                if (!parts.TryGetValue(span.Candidates, out var list))
                {
                    parts[span.Candidates] = list = [];
                    order.Add(span.Candidates);
                }

                list.Add(part);
                found.Add(part);
            }
        }

        foreach (var candidates in order)
        {
            visit(IntervalSet.From(parts[candidates]), candidates);
        }

        return found.Count == 0 ? destinations : destinations.Except(IntervalSet.From(found));
    }

    private static RouteCandidate[] Candidates(
        List<HostRoute> group, RouteCandidate[] shorter, Func<HostRoute, IReadOnlyList<int>?> select, Func<HostRoute, int> rank)
    {
        var result = new List<RouteCandidate>();
        // Beside routes "from" a source, one of the same prefix for every source is not found (fib6_node_lookup_1 goes on at shorter
        // prefixes), but for the default route; and where no route "from" is left, it is found again (fib6_backtrack).
        var hidesPlain = group[0].PrefixLength > 0 && group.Exists(r => r.From is not null);
        var mayShowPlain = hidesPlain && group.Exists(r => r.From is not null && select(r) is null);
        foreach (var same in group.GroupBy(r => (r.FromLength, r.From, r.Table, r.TypeOfService, r.Metric, Rank: rank(r)))
            .OrderByDescending(g => g.Key.FromLength).ThenByDescending(g => g.Key.Table).ThenByDescending(g => g.Key.TypeOfService)
            .ThenBy(g => g.Key.Metric).ThenBy(g => g.Key.Rank))
        {
            var usable = new List<(HostRoute Route, IReadOnlyList<int> Interfaces)>();
            foreach (var route in same)
            {
                if (select(route) is { } interfaces)
                {
                    usable.Add((route, interfaces));
                }
            }

            if (hidesPlain && !mayShowPlain && same.Key.From is null)
            {
                continue;
            }

            if (usable.Count > 0 && !(result.Count > 0 && result[^1].IsUnconditional))
            {
                // IPv4 takes the first of equal routes, but for the default route, where it looks for a living gateway
                // (fib_select_default).
                var (first, interfaces) = usable[0];
                var many = usable.Count > 1 && (!first.Destination.IsIPv4 || first.PrefixLength == 0);
                result.Add(new RouteCandidate(first, many ? [.. usable.SelectMany(u => u.Interfaces).Distinct()] : interfaces, many)
                {
                    Doubt = mayShowPlain ? "routes of the same prefix for single sources may hide it" : null,
                });
            }
        }

        if (result.Count > 0 && result[^1].IsUnconditional)
        {
            // Where local and main are one trie, a longer prefix of main wins over local; apart, local would win.
            var last = result[^1];
            if (last.Route.Destination.IsIPv4 && last.Route.Table != LocalTable
                && shorter.Any(c => c.Route.Table == LocalTable || c.Doubt == LocalMayWin))
            {
                result[^1] = last with { Doubt = LocalMayWin };
            }

            return [.. result];
        }

        return result.Count == 0 ? shorter : [.. result, .. shorter];
    }

    private void CloseUpTo(Stack<(UInt128 Last, RouteCandidate[] Candidates)> open, UInt128 first, ref UInt128 next)
    {
        while (open.Count > 0 && open.Peek().Last < first)
        {
            var (last, candidates) = open.Pop();
            Add(next, last, candidates);
            next = UInt128.Max(next, last + 1);
        }
    }

    private void Add(UInt128 first, UInt128 last, RouteCandidate[] candidates)
    {
        if (first <= last && candidates.Length > 0)
        {
            _spans.Add(new Span(first, last, candidates));
        }
    }

    private int FirstEndingAt(UInt128 value)
    {
        var (low, high) = (0, _spans.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (_spans[middle].Last < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private readonly record struct Span(UInt128 First, UInt128 Last, RouteCandidate[] Candidates);
}
