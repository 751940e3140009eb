using Portolan.Lab.Topology;
using Portolan.Scan.Engine;
using Portolan.Scan.Targets;
using Portolan.Transport;

namespace Portolan.Lab.Truth;

/// <summary>What of the truth is written.</summary>
public sealed record TruthOptions
{
    /// <summary>How TCP is asked.</summary>
    public TcpTechnique Tcp { get; init => field = Allowed.Named(value); } = TcpTechnique.Syn;

    /// <summary>Whether UDP is asked too.</summary>
    public bool Udp { get; init; } = true;

    /// <summary>The TCP ports; <c>null</c> for those that the topology names and the first thousand of <see cref="TopPorts"/>.</summary>
    public PortSet? TcpPorts { get; init; }

    /// <summary>The UDP ports; <c>null</c> for those that the topology names and the first thousand of <see cref="TopPorts"/>.</summary>
    public PortSet? UdpPorts { get; init; }

    /// <summary>Every port in JSON Lines, not only those that are or may be open.</summary>
    public bool AllStates { get; init; }

    /// <summary>The command line, the program's name first.</summary>
    public required IReadOnlyList<string> Arguments { get; init => field = Allowed.NotNull(value); }

    /// <summary>Portolan's version.</summary>
    public required string Version { get; init => field = Allowed.NotNull(value); }

    /// <summary>The time that is written; the truth itself knows none.</summary>
    public required DateTimeOffset Time { get; init; }

    /// <summary>The most hosts; more are refused, because a line for each would be too much to read.</summary>
    public int MostHosts { get; init => field = Allowed.AtLeast(1, value); } = 1 << 20;

    /// <summary>The ports of a protocol that a topology names and the usual ones.</summary>
    public static PortSet UsualPorts(LabTopology topology, TransportProtocol protocol)
    {
        ArgumentNullException.ThrowIfNull(topology);
        var ports = TopPorts.Take(protocol, TopPorts.DefaultCount);
        foreach (var rule in topology.Hosts.SelectMany(static host => host.Ports))
        {
            if (rule.Protocol == protocol)
            {
                ports.UnionWith(rule.Ports);
            }
        }

        foreach (var router in topology.Routers)
        {
            foreach (var forward in router.Forwards)
            {
                if (forward.Protocol == protocol)
                {
                    ports.Add(forward.Port);
                }
            }

            foreach (var rule in router.Rules)
            {
                if (rule.Protocol == protocol && rule.Ports is { } named)
                {
                    ports.UnionWith(named);
                }
            }
        }

        // Port 0 is not a destination.
        ports.Remove(PortNumber.Zero);
        return ports;
    }
}
