using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Kernel.Tests.Lab;

/// <summary>A network of hosts with ports of every steady kind, drawn from a seed.</summary>
internal static class GeneratedNetwork
{
    internal static LabTopology Of(ulong seed, int hosts = 120, int ports = 200, double loss = 0)
    {
        var random = new Random((int)seed);
        var prefix = AddressPrefix.Of(InternetAddress.FromIPv4(0xc612_0000), 24);
        return new LabTopology
        {
            Name = $"generated-{seed}",
            Seed = seed,
            Networks = [new NetworkSpec { Name = "net", Ipv4 = prefix, Quality = new LinkQuality { Loss = loss } }],
            Hosts = [.. Enumerable.Range(1, hosts).Select(i => Host(i, ports, random, prefix.Address.Plus((ulong)i)))],
            Vantage = new VantageSpec("net", prefix.Address.Plus(250), null),
        };
    }

    private static HostSpec Host(int number, int ports, Random random, InternetAddress address)
    {
        var rules = new Dictionary<PortPolicy, PortSet>();
        for (ushort port = 1; port <= ports; port++)
        {
            if (random.Next(4) == 0)
            {
                var policy = Policy(random);
                rules.TryAdd(policy, new PortSet());
                rules[policy].Add(new PortNumber(port));
            }
        }

        return new HostSpec
        {
            Name = $"host{number}",
            Network = "net",
            Addresses = [new AddressRange(address, address)],
            DefaultTcp = random.Next(4) == 0 ? PortPolicy.Filtered : PortPolicy.Closed,
            Ports = [.. rules.Select(static r => new PortRule(TransportProtocol.Tcp, r.Value, r.Key))],
        };
    }

    private static PortPolicy Policy(Random random) => random.Next(5) switch
    {
        0 => PortPolicy.Filtered,
        1 => PortPolicy.Closed,
        2 => new RejectedPort((RefusalKind)random.Next(8)),
        _ => PortPolicy.Open,
    };
}
