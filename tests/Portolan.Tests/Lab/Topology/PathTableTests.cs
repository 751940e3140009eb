using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Paths;

namespace Portolan.Tests.Lab.Topology;

/// <summary>The way packets take: what routers forward by and what the truth rests on.</summary>
public sealed class PathTableTests
{
    [Fact]
    public void Within_a_network_no_router_is_asked()
    {
        var paths = Table(["a"], ["r: a"]);
        Assert.Equal("over a", Text(paths.Find("a", "a")));
        Assert.Equal(new NextHop(Crossing.Of("a"), null), paths.Next("a", "a"));
    }

    [Fact]
    public void A_router_between_two_networks_passes_on() =>
        Assert.Equal("over a r over b", Text(Table(["a", "b"], ["r: a b"]).Find("a", "b")));

    [Fact]
    public void A_chain_over_networks_and_links_is_walked_in_order()
    {
        var paths = Table(["a", "b", "c"], ["r: a", "s: b", "t: b c"], ["r-s"]);
        Assert.Equal("over a r over link 0 s over b t over c", Text(paths.Find("a", "c")));
        Assert.Equal("over c t over b s over link 0 r over a", Text(paths.Find("c", "a")));
    }

    [Fact]
    public void Fewer_routers_win() => Assert.Equal(
        "over a direct over b", Text(Table(["a", "m", "b"], ["first: a m", "second: m b", "direct: a b"]).Find("a", "b")));

    [Fact]
    public void Of_two_alike_the_router_named_first_is_taken_both_ways()
    {
        var paths = Table(["a", "b"], ["r: a b", "s: a b"]);
        Assert.Equal("over a r over b", Text(paths.Find("a", "b")));
        Assert.Equal("over b r over a", Text(paths.Find("b", "a")));
    }

    [Fact]
    public void The_way_back_is_the_way_there_even_where_each_end_would_prefer_another()
    {
        // From a the first router is p, from b it is q: the path without the router named last, t, is taken both ways.
        var paths = Table(["a", "b"], ["p: a", "q: b", "s: a", "t: b"], ["p-t", "s-q"]);
        Assert.Equal("over a s over link 1 q over b", Text(paths.Find("a", "b")));
        Assert.Equal("over b q over link 1 s over a", Text(paths.Find("b", "a")));
    }

    [Fact]
    public void Between_two_routers_a_network_is_crossed_rather_than_a_link() => Assert.Equal(
        "over a r over m s over b", Text(Table(["a", "n", "m", "b"], ["r: a m", "s: m b"], ["r-s"]).Find("a", "b")));

    [Fact]
    public void A_router_is_a_place_to_go_to()
    {
        var paths = Table(["a", "b"], ["r: a", "s: b"], ["r-s"]);
        Assert.Equal("over a r over link 0", Text(paths.Find("a", "s")));
        Assert.Equal("over link 0 r over a", Text(paths.Find("s", "a")));
        Assert.Equal("", Text(paths.Find("s", "s")));
        Assert.Null(paths.Next("s", "s"));
    }

    [Fact]
    public void What_nothing_leads_to_has_no_path()
    {
        var paths = Table(["a", "island"], ["r: a"]);
        Assert.Null(paths.Find("a", "island"));
        Assert.Null(paths.Next("r", "island"));
        Assert.Null(paths.Find("a", "nowhere"));
    }

    [Fact]
    public void Whatever_the_topology_the_path_is_the_best_of_all_and_the_same_back_and_hop_by_hop()
    {
        for (var seed = 0UL; seed < 150; seed++)
        {
            var topology = RandomTopology.Of(seed);
            var paths = PathTable.Create(topology);
            string[] places = [.. topology.Networks.Select(n => n.Name), .. topology.Routers.Select(r => r.Name)];
            foreach (var from in places)
            {
                foreach (var to in places)
                {
                    var path = paths.Find(from, to);
                    var name = $"seed {seed}: {from} to {to}";
                    Assert.True(
                        Best(topology, from, to) == (path is null ? null : string.Join(' ', path.Routers.Order(StringComparer.Ordinal))),
                        name);
                    if (path is not null)
                    {
                        Assert.True(path.Routers.Reverse().SequenceEqual(paths.Find(to, from)!.Routers), name);
                        Assert.True(path.Crossings.Reverse().SequenceEqual(paths.Find(to, from)!.Crossings), name);
                        Assert.True(HopByHop(paths, from, to).SequenceEqual(path.Routers), name);
                    }
                }
            }
        }
    }

    private static List<string> HopByHop(PathTable paths, string place, string to)
    {
        var routers = new List<string>();
        while (paths.Next(place, to) is { Router: { } router } && router != to)
        {
            routers.Add(router);
            place = router;
        }

        return routers;
    }

    // Every simple path, tried: the routers of the best one, sorted by name (they are named in order).
    private static string? Best(LabTopology topology, string from, string to)
    {
        List<int>? best = null;
        Walk([], from);
        return best is null ? null : string.Join(' ', best.Select(i => topology.Routers[i].Name).Order(StringComparer.Ordinal));

        void Walk(List<int> taken, string place)
        {
            if (place == to || topology.Routers.Any(r => r.Name == place && r.Ports.Any(p => p.Network == to)))
            {
                var sorted =
                    taken.Where(i => topology.Routers[i].Name != from && topology.Routers[i].Name != to).OrderDescending().ToList();
                if (best is null || sorted.Count < best.Count || (sorted.Count == best.Count && Compare(sorted, best) < 0))
                {
                    best = sorted;
                }

                return;
            }

            if (best is not null && taken.Count > best.Count + 2)
            {
                return;
            }

            for (var i = 0; i < topology.Routers.Count; i++)
            {
                if (!taken.Contains(i) && Touch(topology, place, topology.Routers[i]))
                {
                    Walk([.. taken, i], topology.Routers[i].Name);
                }
            }
        }
    }

    private static bool Touch(LabTopology topology, string place, RouterSpec router) =>
        router.Ports.Any(p => p.Network == place)
        || topology.Links.Any(l => (l.First == place && l.Second == router.Name) || (l.Second == place && l.First == router.Name))
        || topology.Routers.Any(
            r => r.Name == place && r.Name != router.Name && r.Ports.Any(p => router.Ports.Any(q => q.Network == p.Network)));

    private static int Compare(List<int> a, List<int> b)
    {
        for (var i = 0; i < a.Count; i++)
        {
            if (a[i] != b[i])
            {
                return a[i].CompareTo(b[i]);
            }
        }

        return 0;
    }

    private static string Text(LabPath? path) => path is null
        ? "none"
        : string.Join(' ', path.Steps.Select(s => $"{Text(s.Over)} {s.Router}").Concat(path.Last is { } last ? [Text(last)] : []));

    private static string Text(Crossing over) => over.Network is { } network ? $"over {network}" : $"over link {over.Link}";

    private static PathTable Table(string[] networks, string[] routers, params string[] links) => PathTable.Create(new LabTopology
    {
        Name = "paths",
        Networks = [.. networks.Select(n => new NetworkSpec { Name = n })],
        Routers = [.. routers.Select(r => r.Split(": ")).Select(r => new RouterSpec
        {
            Name = r[0],
            Ports = [.. r[1].Split(' ').Select(n => new RouterPort(n, null, null))],
        })],
        Links = [.. links.Select(l => l.Split('-')).Select(l => new LinkSpec(l[0], l[1], LinkQuality.Perfect))],
    });
}
