namespace Portolan.Lab.Topology;

/// <summary>Where the command of a lab stands.</summary>
public static class LabVantage
{
    /// <summary>The vantage that a topology names, else the highest free addresses of its first network.</summary>
    /// <exception cref="PortolanException">The topology has no network, or its first one has no free address.</exception>
    public static VantageSpec Of(LabTopology topology)
    {
        ArgumentNullException.ThrowIfNull(topology);
        if (topology.Vantage is { } vantage)
        {
            return vantage;
        }

        if (topology.Networks.Count == 0)
        {
            throw new PortolanException("the topology has no network", "add one under 'networks'", ExitCode.Usage);
        }

        var network = topology.Networks[0];
        var ipv4 = network.Ipv4 is { } four ? HighestFree(topology, network, four) : null;
        var ipv6 = network.Ipv6 is { } six ? HighestFree(topology, network, six) : null;
        return ipv4 is null && ipv6 is null
            ? throw new PortolanException($"the network {network.Name} has no free address for the command", "name one under 'vantage', or make the network larger", ExitCode.Usage)
            : new VantageSpec(network.Name, ipv4, ipv6);
    }

    // The first and the last address of an IPv4 network are no host's (RFC 1122 section 3.2.1.3), the first of an IPv6 one is its routers' (RFC 4291 section 2.6.1).
    private static InternetAddress? HighestFree(LabTopology topology, NetworkSpec network, AddressPrefix prefix)
    {
        var isSmall = prefix.Length >= prefix.Address.BitCount - 1;
        var lowest = prefix.Address.Number + (isSmall ? 0u : 1u);
        var number = prefix.Last.Number - (isSmall || !prefix.Address.IsIPv4 ? 0u : 1u);
        var used = UsedRanges(topology, network, prefix.Address.IsIPv4);
        used.Sort(static (a, b) => b.Last.Number.CompareTo(a.Last.Number));
        foreach (var range in used)
        {
            if (range.Last.Number < number)
            {
                break;
            }

            if (range.First.Number <= lowest)
            {
                return null;
            }

            number = UInt128.Min(number, range.First.Number - 1);
        }

        return number < lowest ? null : InternetAddress.FromNumber(number, prefix.Address.IsIPv4);
    }

    private static List<AddressRange> UsedRanges(LabTopology topology, NetworkSpec network, bool isIPv4)
    {
        var used = new List<AddressRange>();
        foreach (var host in topology.Hosts)
        {
            if (host.Network == network.Name)
            {
                used.AddRange(host.Addresses.Where(range => range.First.IsIPv4 == isIPv4));
            }
        }

        foreach (var router in topology.Routers)
        {
            foreach (var port in router.Ports)
            {
                if (port.Network == network.Name && (isIPv4 ? port.Ipv4 : port.Ipv6) is { } address)
                {
                    used.Add(new AddressRange(address, address));
                }
            }
        }

        return used;
    }
}
