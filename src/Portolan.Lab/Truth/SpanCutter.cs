using Portolan.Lab.Topology;

namespace Portolan.Lab.Truth;

/// <summary>
/// Cuts the prefixes of networks into spans: at hosts, routers and the vantage, and where the rules of routers begin and end to match.
/// </summary>
internal static class SpanCutter
{
    /// <summary>The spans of all networks that have a prefix of the vantage's families, by address.</summary>
    public static List<TruthSpan> Cut(LabTopology topology, VantageSpec vantage)
    {
        var spans = new List<TruthSpan>();
        foreach (var network in topology.Networks)
        {
            if (network.Ipv4 is { } ipv4 && vantage.Ipv4 is { } ours)
            {
                Cut(topology, network, ipv4, ours, spans);
            }

            if (network.Ipv6 is { } ipv6 && vantage.Ipv6 is { } our)
            {
                Cut(topology, network, ipv6, our, spans);
            }
        }

        spans.Sort(static (a, b) => a.Addresses.First.CompareTo(b.Addresses.First));
        return spans;
    }

    private static void Cut(LabTopology topology, NetworkSpec network, AddressPrefix prefix, InternetAddress vantage, List<TruthSpan> spans)
    {
        var owners = Owners(topology, network, prefix, vantage);
        var cuts = Cuts(topology, prefix, owners);
        var next = 0;
        for (var i = 0; i < cuts.Count; i++)
        {
            var last = i + 1 < cuts.Count ? cuts[i + 1] - 1 : prefix.Last.Number;
            var range =
                new AddressRange(InternetAddress.FromNumber(cuts[i], vantage.IsIPv4), InternetAddress.FromNumber(last, vantage.IsIPv4));
            while (next < owners.Count && owners[next].Addresses.Last < range.First)
            {
                next++;
            }

            spans.Add(next < owners.Count && owners[next].Addresses.Contains(range.First)
                ? owners[next] with { Addresses = range }
                : new TruthSpan(range, AddressRole.Nobody, network.Name));
        }
    }

    // Everybody's addresses in the network, ascending.
    private static List<TruthSpan> Owners(LabTopology topology, NetworkSpec network, AddressPrefix prefix, InternetAddress vantage)
    {
        var owners = new List<TruthSpan>();
        if (prefix.Contains(vantage))
        {
            owners.Add(new TruthSpan(new AddressRange(vantage, vantage), AddressRole.Vantage, network.Name));
        }

        foreach (var router in topology.Routers)
        {
            foreach (var port in router.Ports)
            {
                if (port.Network == network.Name && (vantage.IsIPv4 ? port.Ipv4 : port.Ipv6) is { } address && prefix.Contains(address))
                {
                    owners.Add(new TruthSpan(new AddressRange(address, address), AddressRole.Router, network.Name) { Router = router });
                }
            }
        }

        foreach (var host in topology.Hosts)
        {
            foreach (var range in host.Addresses)
            {
                if (host.Network == network.Name && prefix.Contains(range.First) && prefix.Contains(range.Last))
                {
                    owners.Add(new TruthSpan(range, AddressRole.Host, network.Name) { Host = host });
                }
            }
        }

        owners.Sort(static (a, b) => a.Addresses.First.CompareTo(b.Addresses.First));
        return owners;
    }

    // Where a span begins, ascending.
    private static List<UInt128> Cuts(LabTopology topology, AddressPrefix prefix, List<TruthSpan> owners)
    {
        var cuts = new SortedSet<UInt128> { prefix.Address.Number };
        if (ProbeWalk.HasBroadcast(prefix))
        {
            cuts.Add(prefix.Last.Number);
        }

        foreach (var owner in owners)
        {
            cuts.Add(owner.Addresses.First.Number);
            AddEnd(owner.Addresses.Last);
        }

        foreach (var router in topology.Routers)
        {
            foreach (var rule in router.Rules)
            {
                if (rule.To is { } to && to.Address.IsIPv4 == prefix.Address.IsIPv4)
                {
                    if (prefix.Contains(to.Address))
                    {
                        cuts.Add(to.Address.Number);
                    }

                    if (prefix.Contains(to.Last))
                    {
                        AddEnd(to.Last);
                    }
                }
            }
        }

        return [.. cuts];

        void AddEnd(InternetAddress last)
        {
            if (last < prefix.Last)
            {
                cuts.Add(last.Number + 1);
            }
        }
    }
}
