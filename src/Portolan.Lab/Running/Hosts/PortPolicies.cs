using Portolan.Lab.Topology;

namespace Portolan.Lab.Running.Hosts;

/// <summary>The policies of a host's ports, found by their ranges.</summary>
internal sealed class PortPolicies
{
    private readonly Entry[] _tcp;
    private readonly Entry[] _udp;

    internal PortPolicies(HostSpec spec)
    {
        (DefaultTcp, DefaultUdp) = (spec.DefaultTcp, spec.DefaultUdp);
        (_tcp, _udp) = (Entries(spec, TransportProtocol.Tcp), Entries(spec, TransportProtocol.Udp));
    }

    /// <summary>What becomes of TCP ports that are not named.</summary>
    internal PortPolicy DefaultTcp { get; }

    /// <summary>What becomes of UDP ports that are not named.</summary>
    internal PortPolicy DefaultUdp { get; }

    /// <summary>What becomes of a port.</summary>
    internal PortPolicy Of(TransportProtocol protocol, ushort port)
    {
        var (entries, others) = protocol == TransportProtocol.Tcp ? (_tcp, DefaultTcp) : (_udp, DefaultUdp);
        var (low, high) = (0, entries.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (entries[middle].First > port)
            {
                high = middle - 1;
            }
            else if (entries[middle].Last < port)
            {
                low = middle + 1;
            }
            else
            {
                return entries[middle].Policy;
            }
        }

        return others;
    }

    private static Entry[] Entries(HostSpec spec, TransportProtocol protocol) =>
    [
        .. spec.Ports
            .Where(rule => rule.Protocol == protocol)
            .SelectMany(static rule => Ranges(rule))
            .OrderBy(static entry => entry.First),
    ];

    private static List<Entry> Ranges(PortRule rule)
    {
        var entries = new List<Entry>();
        foreach (var range in rule.Ports.Ranges)
        {
            entries.Add(new Entry(range.First.Value, range.Last.Value, rule.Policy));
        }

        return entries;
    }

    private readonly record struct Entry(ushort First, ushort Last, PortPolicy Policy);
}
