using Portolan.Model.Registry;
using Portolan.Traffic;
using Portolan.Traffic.Composing;
using Portolan.Traffic.Grouping;

namespace Portolan.Web.Api;

/// <summary>Puts ways of bytes together for a picture: of each stage those that carried most, and one node for all others.</summary>
internal static class TrafficLinks
{
    /// <summary>How many nodes a stage has at most, the one of all others included.</summary>
    internal const int Most = 12;

    /// <summary>Puts them together.</summary>
    internal static TrafficLinksRecord Of(IReadOnlyDictionary<TrafficPath, ulong> paths, ServiceRegistry services)
    {
        var nodes = new List<TrafficNodeRecord>();
        var processes = Rank(
            paths, static p => ValueTuple.Create(p.Process), nodes,
            static (key, bytes) => new("process", key.Item1, null, null, null, null, 0, bytes),
            static (count, bytes) => new("process", null, null, null, null, null, count, bytes));
        var ports = Rank(
            paths, static p => (p.Protocol, p.Port, p.Role), nodes,
            (key, bytes) => PortNode(key, bytes, services),
            static (count, bytes) => new("port", null, null, null, null, null, count, bytes));
        var remotes = Rank(
            paths, static p => ValueTuple.Create(p.Remote), nodes,
            static (key, bytes) => new("remote", key.Item1?.ToString(), null, null, null, null, 0, bytes),
            static (count, bytes) => new("remote", null, null, null, null, null, count, bytes));
        var links = new Dictionary<(int From, int To), ulong>();
        foreach (var (path, bytes) in paths)
        {
            var port = ports[(path.Protocol, path.Port, path.Role)];
            Add(processes[ValueTuple.Create(path.Process)], port, bytes);
            Add(port, remotes[ValueTuple.Create(path.Remote)], bytes);
        }

        return new TrafficLinksRecord(
            nodes, [.. links.OrderBy(static l => l.Key).Select(static l => new TrafficLinkRecord(l.Key.From, l.Key.To, l.Value))]);

        void Add(int from, int to, ulong bytes) => links[(from, to)] = links.GetValueOrDefault((from, to)) + bytes;
    }

    private static TrafficNodeRecord PortNode(
        (SocketProtocol Protocol, PortNumber? Port, FlowRole Role) key, ulong bytes, ServiceRegistry services)
    {
        var service = TrafficFacts.Service(
            services, new TrafficRowKey(TrafficGrouping.Port) { Protocol = key.Protocol, Port = key.Port });
        return new("port", null, key.Protocol.Name(), key.Port?.Value, TrafficFacts.Role(key.Role), service, 0, bytes);
    }

    /// <summary>Adds the nodes of a stage.</summary>
    /// <returns>The position of the node of each key.</returns>
    private static Dictionary<TKey, int> Rank<TKey>(
        IReadOnlyDictionary<TrafficPath, ulong> paths, Func<TrafficPath, TKey> keyOf, List<TrafficNodeRecord> nodes,
        Func<TKey, ulong, TrafficNodeRecord> make, Func<int, ulong, TrafficNodeRecord> makeOthers)
        where TKey : notnull
    {
        var sums = new Dictionary<TKey, ulong>();
        foreach (var (path, bytes) in paths)
        {
            var key = keyOf(path);
            sums[key] = sums.GetValueOrDefault(key) + bytes;
        }

        var ordered = sums.OrderByDescending(static s => s.Value).ThenBy(static s => s.Key.ToString(), StringComparer.Ordinal).ToList();
        var own = ordered.Count <= Most ? ordered.Count : Most - 1;
        var first = nodes.Count;
        var places = new Dictionary<TKey, int>(ordered.Count);
        for (var index = 0; index < ordered.Count; index++)
        {
            places.Add(ordered[index].Key, first + Math.Min(index, own));
        }

        nodes.AddRange(ordered.Take(own).Select(s => make(s.Key, s.Value)));
        if (own < ordered.Count)
        {
            nodes.Add(makeOthers(ordered.Count - own, ordered.Skip(own).Aggregate(0UL, static (sum, s) => sum + s.Value)));
        }

        return places;
    }
}
