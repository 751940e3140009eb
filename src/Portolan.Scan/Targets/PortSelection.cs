using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Targets;

/// <summary>Ports to probe with each protocol. Nothing may change the sets once a selection has them.</summary>
/// <param name="Tcp">TCP ports; empty when TCP is not scanned.</param>
/// <param name="Udp">UDP ports; empty when UDP is not scanned.</param>
public sealed record PortSelection(PortSet Tcp, PortSet Udp)
{
    /// <summary>No ports: what host discovery and listing alone need.</summary>
    public static PortSelection None => new(new PortSet(), new PortSet());

    /// <summary>TCP and UDP ports together.</summary>
    public int Count => Tcp.Count + Udp.Count;

    /// <summary>This selection without the ports of another: excludes win.</summary>
    public PortSelection Except(PortSelection excluded)
    {
        ArgumentNullException.ThrowIfNull(excluded);
        return new(Tcp - excluded.Tcp, Udp - excluded.Udp);
    }

    /// <summary>The ports in the order in which they are numbered: TCP before UDP, ascending.</summary>
    public ProbePort[] ToArray()
    {
        var ports = new ProbePort[Count];
        var at = 0;
        foreach (var port in Tcp)
        {
            ports[at++] = new ProbePort(TransportProtocol.Tcp, port);
        }

        foreach (var port in Udp)
        {
            ports[at++] = new ProbePort(TransportProtocol.Udp, port);
        }

        return ports;
    }
}
