namespace Portolan.Lab.Topology.Paths;

/// <summary>The way packets take through a topology: what routers forward by, and what the truth is computed from.</summary>
/// <remarks>
/// <para>A place is a network or a router. A packet to a host goes to the network that its address is in, a packet to an address of a
/// router goes to that router.</para>
/// <para>
/// The path with the fewest routers is taken; of several, the one that does without the router named last in the topology. So there is
/// exactly one path between two places, the way back is the way there reversed, and what follows of a path at any of its places is the path
/// from there: forwarding hop by hop is the same. Of several networks and links between two routers the first network is crossed, else the
/// first link. Families do not matter: a router passes on both over all that it is in.
/// </para>
/// <para>Paths are found when first asked for, by destination. Any thread.</para>
/// </remarks>
public sealed class PathTable
{
    private readonly PlaceGraph _graph;
    private readonly PathTree?[] _trees;

    private PathTable(PlaceGraph graph)
    {
        _graph = graph;
        _trees = new PathTree?[graph.Count];
    }

    /// <summary>Makes the table. Ports and links that name unknown places are left out.</summary>
    public static PathTable Create(LabTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        return new PathTable(new PlaceGraph(topology));
    }

    /// <summary>The path from one place to another; without routers and crossings when both are the same router.</summary>
    /// <returns><c>null</c> when there is none, or no such place.</returns>
    public LabPath? Find(string from, string to)
    {
        if (!_graph.TryFind(from, out var place) || !_graph.TryFind(to, out var end))
        {
            return null;
        }

        var tree = TreeTo(end);
        var steps = new List<PathStep>();
        if (place == end && _graph.IsRouter(end))
        {
            return new LabPath(from, to, steps, null);
        }

        while (tree.TryNext(place, out var over, out var next))
        {
            if (next < 0 || next == end)
            {
                return new LabPath(from, to, steps, over);
            }

            steps.Add(new PathStep(over, _graph.NameOf(next)));
            place = next;
        }

        return null;
    }

    /// <summary>Where a packet goes next that is at a place: in a network, or at a router.</summary>
    /// <param name="place">Where it is.</param>
    /// <param name="destination">The network or router where it is to go.</param>
    /// <returns><c>null</c> when nothing leads there, no such place is, or the packet is at the router where it is to go.</returns>
    public NextHop? Next(string place, string destination)
    {
        if (!_graph.TryFind(place, out var from) || !_graph.TryFind(destination, out var end)
            || !TreeTo(end).TryNext(from, out var over, out var next))
        {
            return null;
        }

        return new NextHop(over, next < 0 ? null : _graph.NameOf(next));
    }

    // Two threads may make the same tree; either serves.
    private PathTree TreeTo(int end) => Volatile.Read(ref _trees[end]) ?? (_trees[end] = PathTree.To(_graph, end));
}
