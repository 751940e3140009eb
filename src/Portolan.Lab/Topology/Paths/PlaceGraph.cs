using System.Diagnostics.CodeAnalysis;

namespace Portolan.Lab.Topology.Paths;

/// <summary>Places and what is between them, as numbers: routers from 0 in the order of naming, then networks in theirs.</summary>
internal sealed class PlaceGraph
{
    private readonly Dictionary<string, int> _numbers = new(StringComparer.Ordinal);
    private readonly List<string> _names = [];
    private readonly List<int>[] _networksOf;
    private readonly List<int>[] _routersIn;
    private readonly List<(int Router, int Link)>[] _linksOf;

    public PlaceGraph(LabTopology topology)
    {
        foreach (var router in topology.Routers)
        {
            AddName(router.Name);
        }

        RouterCount = _names.Count;
        foreach (var network in topology.Networks)
        {
            AddName(network.Name);
        }

        _networksOf = Lists<int>(RouterCount);
        _linksOf = Lists<(int, int)>(RouterCount);
        _routersIn = Lists<int>(_names.Count - RouterCount);
        foreach (var router in topology.Routers)
        {
            Attach(_numbers[router.Name], router.Ports);
        }

        for (var link = 0; link < topology.Links.Count; link++)
        {
            var (first, second) = (topology.Links[link].First, topology.Links[link].Second);
            if (_numbers.TryGetValue(first, out var a) && _numbers.TryGetValue(second, out var b) && a != b && IsRouter(a) && IsRouter(b))
            {
                _linksOf[a].Add((b, link));
                _linksOf[b].Add((a, link));
            }
        }
    }

    /// <summary>How many routers there are.</summary>
    public int RouterCount { get; }

    /// <summary>How many places there are.</summary>
    public int Count => _names.Count;

    /// <summary>Whether a place is a router.</summary>
    public bool IsRouter(int place) => place < RouterCount;

    /// <summary>The name of a place.</summary>
    public string NameOf(int place) => _names[place];

    /// <summary>The number of a place.</summary>
    public bool TryFind([NotNullWhen(true)] string? name, out int place)
    {
        place = -1;
        return name is not null && _numbers.TryGetValue(name, out place);
    }

    /// <summary>The networks that a router is in, in the order of naming.</summary>
    public IReadOnlyList<int> NetworksOf(int router) => _networksOf[router];

    /// <summary>The routers in a network.</summary>
    public IReadOnlyList<int> RoutersIn(int network) => _routersIn[network - RouterCount];

    /// <summary>The routers at the ends of links, in the order of naming of the links.</summary>
    public IReadOnlyList<(int Router, int Link)> LinksOf(int router) => _linksOf[router];

    private static List<T>[] Lists<T>(int count)
    {
        var lists = new List<T>[count];
        for (var i = 0; i < count; i++)
        {
            lists[i] = [];
        }

        return lists;
    }

    private void AddName(string name)
    {
        if (_numbers.TryAdd(name, _names.Count))
        {
            _names.Add(name);
        }
    }

    private void Attach(int router, IReadOnlyList<RouterPort> ports)
    {
        foreach (var port in ports)
        {
            if (_numbers.TryGetValue(port.Network, out var network) && !IsRouter(network) && !_networksOf[router].Contains(network))
            {
                _networksOf[router].Add(network);
                _routersIn[network - RouterCount].Add(router);
            }
        }

        _networksOf[router].Sort();
    }
}
