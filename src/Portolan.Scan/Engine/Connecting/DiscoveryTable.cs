using Portolan.Model;
using Portolan.Packets.Links;
using Portolan.Scan.Results;

namespace Portolan.Scan.Engine.Connecting;

/// <summary>
/// Finds hosts by connecting to a few ports of each, as nmap does without privilege: a connection and a refusal both say "up".
/// </summary>
internal sealed class DiscoveryTable(HostGroup group, IReadOnlyList<ProbePort> ports) : IConnectTable
{
    private const int UsualCount = 2;

    /// <inheritdoc/>
    public ulong Positions => (ulong)group.Count * (ulong)ports.Count;

    /// <inheritdoc/>
    public bool TryGet(ulong position, out ConnectProbe probe)
    {
        // Port by port over all hosts: the first port's answers spare most of the rest.
        var slot = (int)(position / (ulong)group.Count);
        var host = (int)(position % (ulong)group.Count);
        probe = new ConnectProbe(host, slot, ports[slot]);
        return group.StatusOf(host) == HostStatus.Unknown && !group.HasUnprobed(host);
    }

    /// <inheritdoc/>
    public bool Answer(in ConnectProbe probe, in ConnectOutcome outcome)
    {
        var address = group.AddressOf(probe.Host);
        var isUp = outcome.Icmp is { } icmp
            // The host itself says that it does not want to be reached; any other sender speaks of a host that is not there. A refused
            // datagram is the host's word.
            ? icmp.Reporter == address || (outcome.Result == ConnectResult.Refused && probe.Port.Protocol == TransportProtocol.Udp)
            : outcome.Result is ConnectResult.Connected or ConnectResult.Replied or ConnectResult.Refused or ConnectResult.Reset;
        var reason = ConnectJudge.ReasonOf(outcome, probe.Port.Protocol == TransportProtocol.Udp, address.IsIPv4);
        return group.SetHost(probe.Host, new HostResult(group[probe.Host], isUp ? HostStatus.Up : HostStatus.Down, reason, 0, null));
    }

    /// <inheritdoc/>
    public void CouldNotSend(in ConnectProbe probe, bool wholeHost) => group.MarkUnprobed(probe.Host);

    // nmap's two first, then others that many hosts listen on or refuse.
    private static ReadOnlySpan<ushort> Usual => [80, 443, 22, 3389, 8080, 25, 53, 445];

    /// <summary>
    /// The ports that settings ask for; nmap's 80 and 443 when they ask for none that connect() can try, others for excluded ones.
    /// </summary>
    public static IReadOnlyList<ProbePort> PortsFor(DiscoverySettings settings, PortSet? excluded = null)
    {
        var ports = new List<ProbePort>();
        Add(settings.SynPorts, TransportProtocol.Tcp);
        Add(settings.AckPorts, TransportProtocol.Tcp);
        Add(settings.UdpPorts, TransportProtocol.Udp);
        if (ports.Count == 0)
        {
            foreach (var port in Usual)
            {
                if (ports.Count < UsualCount && excluded?.Contains(new PortNumber(port)) != true)
                {
                    ports.Add(new ProbePort(TransportProtocol.Tcp, new PortNumber(port)));
                }
            }
        }

        return ports;

        void Add(PortSet? set, TransportProtocol protocol)
        {
            for (var i = 0; set is not null && i < PortNumber.Count; i++)
            {
                var port = new ProbePort(protocol, new PortNumber((ushort)i));
                if (set.Contains(port.Port) && !ports.Contains(port))
                {
                    ports.Add(port);
                }
            }
        }
    }
}
