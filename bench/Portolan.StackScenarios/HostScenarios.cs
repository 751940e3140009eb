using Portolan.Lab.Running;
using Portolan.Lab.Topology;
using Portolan.Model;
using Portolan.Transport;

namespace Portolan.StackScenarios;

/// <summary>What a host costs that nobody has spoken to: bytes of managed memory for each.</summary>
internal static class HostScenarios
{
    private const int FewHosts = 1000;

    /// <summary>A host of a lab: as one of a range, as a host of its own, and what its entry in the topology takes besides.</summary>
    internal static (double Range, double Own, double Entry) OfLab(int count)
    {
        var range = Growth(static hosts => Network(Topology(hosts, isRange: true), out _), count);
        var entry = Growth(static hosts => Topology(hosts, isRange: false), count);
        var own = Growth(
            static hosts =>
            {
                var topology = Topology(hosts, isRange: false);
                var before = GC.GetTotalMemory(forceFullCollection: true);
                var network = Network(topology, out var bytes);
                return (network, bytes - before);
            },
            count);
        return (range, own, entry);
    }

    /// <summary>
    /// A stack of Portolan.Transport with a thread of its own, an address and nothing to do. The stack of its thread is not in the figure.
    /// </summary>
    internal static double Stack(int count)
    {
        var stacks = new NetworkStack[count];
        var before = GC.GetTotalMemory(forceFullCollection: true);
        for (var i = 0; i < count; i++)
        {
            stacks[i] = new NetworkStack();
        }

        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        Array.ForEach(stacks, static s => s.Dispose());
        return (double)bytes / count;
    }

    /// <summary>What each takes of those that are more than a few.</summary>
    private static double Growth<T>(Func<int, T> make, int count) =>
        (Bytes(make, FewHosts + count) - Bytes(make, FewHosts)) / (double)count;

    private static double Growth(Func<int, (VirtualNetwork Network, long Bytes)> make, int count) =>
        (Bytes(make, FewHosts + count) - Bytes(make, FewHosts)) / (double)count;

    private static long Bytes<T>(Func<int, T> make, int count)
    {
        var before = GC.GetTotalMemory(forceFullCollection: true);
        var made = make(count);
        var bytes = GC.GetTotalMemory(forceFullCollection: true) - before;
        (made as VirtualNetwork)?.DisposeAsync().AsTask().Wait();
        GC.KeepAlive(made);
        return bytes;
    }

    private static long Bytes(Func<int, (VirtualNetwork Network, long Bytes)> make, int count)
    {
        var (network, bytes) = make(count);
        network.DisposeAsync().AsTask().Wait();
        return bytes;
    }

    private static VirtualNetwork Network(LabTopology topology, out long bytes)
    {
        var network = new VirtualNetwork(topology, new() { IsVirtualTime = true });
        bytes = GC.GetTotalMemory(forceFullCollection: true);
        return network;
    }

    private static LabTopology Topology(int hosts, bool isRange)
    {
        var first = StackHost.Address("198.16.0.0");
        var ports = new[] { new PortRule(TransportProtocol.Tcp, PortSet.Parse("80,443"), PortPolicy.Open) };
        return new LabTopology
        {
            Name = "many",
            Networks = [new NetworkSpec { Name = "net", Ipv4 = AddressPrefix.Of(StackHost.Address("198.0.0.0"), 8) }],
            Hosts = isRange
                ? [new HostSpec
                {
                    Name = "h",
                    Network = "net",
                    IsRange = true,
                    Addresses = [new AddressRange(first, first.Plus((ulong)hosts - 1))],
                    Ports = ports,
                }]
                : [.. Enumerable.Range(0, hosts).Select(i => new HostSpec
                {
                    Name = $"h{i}",
                    Network = "net",
                    Addresses = [new AddressRange(first.Plus((ulong)i), first.Plus((ulong)i))],
                    Ports = ports,
                })],
            Vantage = new VantageSpec("net", StackHost.Address("198.0.0.1"), null),
        };
    }
}
