namespace Portolan.Firewall.Host.Routing;

/// <summary>The routes of a table, and which of them lead out of an interface.</summary>
/// <param name="All">The routes in the kernel's order.</param>
internal sealed record TableRoutes(IReadOnlyList<HostRoute> All)
{
    private readonly Dictionary<int, List<HostRoute>> _byInterface = Index(All);

    // A route for single senders hides others of its prefix, whatever they lead out of.
    private readonly bool _hasSources = All.Any(static r => r.From is not null);

    /// <summary>The routes that a lookup bound to an interface has to look at.</summary>
    internal IReadOnlyList<HostRoute> Of(int interfaceIndex) =>
        _hasSources ? All : _byInterface.TryGetValue(interfaceIndex, out var routes) ? routes : [];

    /// <summary>The interfaces of routes that have an equal one (rt6_select prefers that of the input interface).</summary>
    /// <param name="apart">Destinations that are looked up for one interface alone anyway.</param>
    internal IEnumerable<int> Preferred(IntervalSet apart) => All
        .Where(r => IntervalSet.Prefix(r.Destination.Number, r.PrefixLength, 128) is var prefix && !prefix.Except(apart).IsEmpty)
        .GroupBy(static r => (r.Destination.Number, r.PrefixLength, r.FromLength, r.TypeOfService, r.Metric))
        .Where(static g => g.Skip(1).Any())
        .SelectMany(static g => g.SelectMany(static r => r.Interfaces));

    private static Dictionary<int, List<HostRoute>> Index(IReadOnlyList<HostRoute> routes)
    {
        var result = new Dictionary<int, List<HostRoute>>();
        foreach (var route in routes)
        {
            foreach (var index in route.Interfaces)
            {
                if (!result.TryGetValue(index, out var list))
                {
                    result.Add(index, list = []);
                }

                if (list.Count == 0 || !ReferenceEquals(list[^1], route))
                {
                    list.Add(route);
                }
            }
        }

        return result;
    }
}
