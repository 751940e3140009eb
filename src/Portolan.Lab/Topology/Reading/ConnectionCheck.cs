namespace Portolan.Lab.Topology.Reading;

/// <summary>Warns of what a topology does not connect: it can be run, but seldom is it meant.</summary>
internal static class ConnectionCheck
{
    /// <summary>Adds the warnings of a topology that has no errors.</summary>
    public static void Check(LabTopology topology, MapReader top, FaultList faults)
    {
        var places = top.Named("networks", "").ToDictionary(e => e.Key.Text, e => e.Key, StringComparer.Ordinal);
        WarnOfIslands(topology, places, faults);
        WarnOfFamilies(topology, places, faults);
    }

    private static void WarnOfIslands(LabTopology topology, Dictionary<string, TreeScalar> places, FaultList faults)
    {
        var parent = new Dictionary<string, string>(StringComparer.Ordinal);
        string Root(string name)
        {
            while (parent.TryGetValue(name, out var next))
            {
                // Each look halves the way for the next.
                if (parent.TryGetValue(next, out var after))
                {
                    parent[name] = after;
                }

                name = next;
            }

            return name;
        }

        void Join(string left, string right)
        {
            var (first, second) = (Root(left), Root(right));
            if (first != second)
            {
                parent[second] = first;
            }
        }

        // Names of networks and routers are one space.
        foreach (var router in topology.Routers)
        {
            foreach (var port in router.Ports)
            {
                Join(router.Name, port.Network);
            }
        }

        foreach (var link in topology.Links)
        {
            Join(link.First, link.Second);
        }

        var first = topology.Networks[0].Name;
        var routed = topology.Routers.SelectMany(r => r.Ports).Select(p => p.Network).ToHashSet(StringComparer.Ordinal);
        foreach (var network in topology.Networks.Skip(1).Where(n => Root(n.Name) != Root(first)))
        {
            faults.Warn(
                places[network.Name],
                $"no router leads from {FaultList.Quote(network.Name)} to {FaultList.Quote(first)}",
                routed.Contains(network.Name) ? Advice.Of($"link its router to another") : $"add a router that has an address in both");
        }
    }

    // Hosts without a router of their family are alone with their neighbours.
    private static void WarnOfFamilies(LabTopology topology, Dictionary<string, TreeScalar> places, FaultList faults)
    {
        var routed = topology.Routers.SelectMany(r => r.Ports).ToLookup(p => p.Network, StringComparer.Ordinal);
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var networks = topology.Networks.Where(n => NetworkIndex.PrefixOf(n, isIPv4) is not null).ToList();
            foreach (var network in networks.Where(n => networks.Count > 1 && routed.Contains(n.Name)))
            {
                if (!routed[network.Name].Any(p => (isIPv4 ? p.Ipv4 : p.Ipv6) is not null))
                {
                    faults.Warn(
                        places[network.Name],
                        $"no router has an {(isIPv4 ? "IPv4" : "IPv6")} address in {FaultList.Quote(network.Name)}: its hosts reach no "
                            + $"other network with it",
                        $"give a router one");
                }
            }
        }
    }
}
