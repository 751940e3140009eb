using System.Numerics;

namespace Portolan.Lab.Topology.Paths;

/// <summary>The paths from all places to one: what each crosses first, and to where.</summary>
internal sealed class PathTree
{
    /// <summary>The host itself takes the packet.</summary>
    private const int Arrived = -1;
    private const int Nowhere = -2;

    private readonly int[] _next;
    private readonly Crossing[] _over;

    private PathTree(int count)
    {
        _next = new int[count];
        _over = new Crossing[count];
        Array.Fill(_next, Nowhere);
    }

    /// <summary>
    /// Where a packet goes from a place: <paramref name="router"/> is below 0 when the host takes it from the network that is crossed.
    /// </summary>
    public bool TryNext(int place, out Crossing over, out int router)
    {
        (over, router) = (_over[place], _next[place]);
        return router != Nowhere;
    }

    /// <summary>Finds the paths to a place, nearest routers first.</summary>
    public static PathTree To(PlaceGraph graph, int end)
    {
        var tree = new PathTree(graph.Count);
        var cost = new BigInteger[graph.RouterCount];
        var level = new int[graph.RouterCount];
        Array.Fill(level, -1);
        List<int> wave = [];
        if (graph.IsRouter(end))
        {
            // The end passes nothing on, so it costs nothing.
            level[end] = 0;
            wave.Add(end);
        }
        else
        {
            tree.Set(end, Crossing.Of(graph.NameOf(end)), Arrived);
            foreach (var router in graph.RoutersIn(end))
            {
                tree.Set(router, Crossing.Of(graph.NameOf(end)), Arrived);
                (level[router], cost[router]) = (0, BigInteger.One << router);
                wave.Add(router);
            }
        }

        var networks = new NetworkChoice[graph.Count - graph.RouterCount];
        for (var distance = 1; wave.Count > 0; distance++)
        {
            wave = tree.Widen(graph, end, distance, wave, level, cost, networks);
        }

        return tree;
    }

    // What is one router further away: through each network by its cheapest router of the last wave, then over links.
    private List<int> Widen(
        PlaceGraph graph, int end, int distance, List<int> wave, int[] level, BigInteger[] cost, NetworkChoice[] networks)
    {
        List<int> next = [];
        var via = new Dictionary<int, (int Router, Crossing Over, int Rank)>();
        foreach (var router in wave)
        {
            foreach (var network in graph.NetworksOf(router))
            {
                ref var choice = ref networks[network - graph.RouterCount];
                if (network != end && (choice.Distance == 0 || (choice.Distance == distance && cost[router] < cost[choice.Router])))
                {
                    choice = new NetworkChoice(distance, router);
                }
            }
        }

        foreach (var router in wave)
        {
            foreach (var network in graph.NetworksOf(router))
            {
                if (networks[network - graph.RouterCount] == new NetworkChoice(distance, router))
                {
                    Set(network, Crossing.Of(graph.NameOf(network)), router);
                    foreach (var neighbour in graph.RoutersIn(network))
                    {
                        Offer(neighbour, router, Crossing.Of(graph.NameOf(network)), network);
                    }
                }
            }

            foreach (var (neighbour, link) in graph.LinksOf(router))
            {
                Offer(neighbour, router, Crossing.Of(link), graph.Count + link);
            }
        }

        foreach (var (router, choice) in via)
        {
            Set(router, choice.Over, choice.Router);
            (level[router], cost[router]) = (distance, cost[choice.Router] + (BigInteger.One << router));
            next.Add(router);
        }

        return next;

        void Offer(int router, int by, Crossing over, int rank)
        {
            if (level[router] >= 0)
            {
                return;
            }

            if (!via.TryGetValue(router, out var known) || cost[by] < cost[known.Router] || (by == known.Router && rank < known.Rank))
            {
                via[router] = (by, over, rank);
            }
        }
    }

    private void Set(int place, Crossing over, int router) => (_over[place], _next[place]) = (over, router);

    private readonly record struct NetworkChoice(int Distance, int Router);
}
