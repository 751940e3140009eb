namespace Portolan.Lab.Topology;

/// <summary>
/// A network of virtual hosts as it is written down: what a reader of YAML reads, what a running lab is built from, and what its truth is
/// computed from. Data only.
/// </summary>
/// <remarks>Names of networks, routers and hosts are one space: each is used once.</remarks>
public sealed record LabTopology
{
    /// <summary>Its name, for people and for <c>portolan lab run NAME</c>.</summary>
    public required string Name { get; init; }

    /// <summary>One sentence for <c>portolan lab list</c>.</summary>
    public string? Description { get; init; }

    /// <summary>What all chance in it comes from, unless a run names another seed.</summary>
    public ulong Seed { get; init; } = 1;

    /// <summary>The networks: segments on which hosts and routers are neighbours.</summary>
    public required IReadOnlyList<NetworkSpec> Networks { get; init; }

    /// <summary>The routers between them.</summary>
    public IReadOnlyList<RouterSpec> Routers { get; init; } = [];

    /// <summary>Links from router to router.</summary>
    public IReadOnlyList<LinkSpec> Links { get; init; } = [];

    /// <summary>The hosts, single ones and ranges.</summary>
    public IReadOnlyList<HostSpec> Hosts { get; init; } = [];

    /// <summary>Where the command of <c>lab run</c> stands; <c>null</c> for a free address of the first network.</summary>
    public VantageSpec? Vantage { get; init; }

    /// <summary>The scenario that <c>lab run NAME</c> plays without a command; <c>null</c> for none.</summary>
    public string? Scenario { get; init; }

    /// <summary>Where the command stands: <see cref="Vantage"/>, or the highest addresses of the first network that are unused.</summary>
    /// <exception cref="PortolanException">There is no network, or the first has no free address.</exception>
    public VantageSpec ResolveVantage()
    {
        if (Vantage is { } named)
        {
            return named;
        }

        if (Networks.Count == 0)
        {
            throw new PortolanException("the topology has no network", $"add one under 'networks'", ExitCode.Usage);
        }

        var network = Networks[0];
        var taken = AddressesIn(network.Name).ToList();
        var ipv4 = network.Ipv4 is { } four ? FreeAddresses.Highest(four, taken) : null;
        var ipv6 = network.Ipv6 is { } six ? FreeAddresses.Highest(six, taken) : null;
        return ipv4 is not null || ipv6 is not null
            ? new VantageSpec(network.Name, ipv4, ipv6)
            : throw new PortolanException(
                $"the network {network.Name} has no free address for the command", $"name one with vantage, or shorten a range of hosts",
                ExitCode.Usage);
    }

    /// <summary>The addresses that routers, hosts and the vantage have in a network.</summary>
    public IEnumerable<AddressRange> AddressesIn(string network)
    {
        foreach (var port in Routers.SelectMany(r => r.Ports).Where(p => p.Network == network))
        {
            foreach (var address in FreeAddresses.Present(port.Ipv4, port.Ipv6))
            {
                yield return address;
            }
        }

        foreach (var range in Hosts.Where(h => h.Network == network).SelectMany(h => h.Addresses))
        {
            yield return range;
        }

        if (Vantage?.Network == network)
        {
            foreach (var address in FreeAddresses.Present(Vantage.Ipv4, Vantage.Ipv6))
            {
                yield return address;
            }
        }
    }
}

/// <summary>
/// Where the command of <c>lab run</c> is attached: a host of its own on one of the networks, whose sockets are the kernel's.
/// </summary>
/// <param name="Network">The network.</param>
/// <param name="Ipv4">Its IPv4 address; <c>null</c> for none.</param>
/// <param name="Ipv6">Its IPv6 address; <c>null</c> for none.</param>
public sealed record VantageSpec(string Network, InternetAddress? Ipv4, InternetAddress? Ipv6)
{
    internal IEnumerable<InternetAddress> Addresses => new[] { Ipv4, Ipv6 }.OfType<InternetAddress>();
}
