using Portolan.Model;
using Portolan.Scan.Results;

namespace Portolan.Scan.Formats.Reading;

/// <summary>Puts ports that a file names in any order together by host.</summary>
/// <param name="remembers">Whether <see cref="SeenOf"/> is asked for.</param>
internal sealed class HostCollector(bool remembers = true)
{
    private readonly Dictionary<InternetAddress, HostPorts> _hosts = [];

    /// <summary>Every port that was named of a protocol.</summary>
    public PortSet SeenOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? Udp : Tcp;

    private PortSet Tcp => field ??= new PortSet();

    private PortSet Udp => field ??= new PortSet();

    /// <summary>Adds a port; what is said of it last counts.</summary>
    public void Add(InternetAddress address, TransportProtocol protocol, PortNumber port, PortState state, ReplyReason reason) =>
        Add(address, new PortResult(new ProbePort(protocol, port), state, reason, 0, Evidence.None, null));

    /// <summary>
    /// Adds a port; what is said of it last counts. A result without a state is a banner, which some formats have in a line of its own.
    /// </summary>
    public void Add(InternetAddress address, in PortResult port)
    {
        if (port.Port.Protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp))
        {
            return;
        }

        if (remembers)
        {
            SeenOf(port.Port.Protocol).Add(port.Port.Port);
        }

        var ports = PortsOf(address);
        if (port.State != PortState.Unknown)
        {
            ports.Named.Add(new Named(port.Port, port.State, port.Reason));
        }

        if (!port.Banner.IsEmpty || port.Service is not null || port.Facts is not null)
        {
            ports.Facts ??= [];
            ports.Facts[port.Port] = port;
        }
    }

    /// <summary>How many ports of a host were named; one that was named twice counts twice.</summary>
    public int Count(InternetAddress address) => _hosts.TryGetValue(address, out var ports) ? ports.Named.Count : 0;

    /// <summary>Takes a host out: its ports by state, and those of which more is known one by one.</summary>
    public (List<PortGroup> Groups, List<PortResult> Ports) Take(InternetAddress address)
    {
        if (!_hosts.Remove(address, out var ports))
        {
            return ([], []);
        }

        var named = new Dictionary<ProbePort, Named>();
        foreach (var port in ports.Named)
        {
            named[port.Port] = port;
        }

        var (groups, facts) = (new List<PortGroup>(), new List<PortResult>());
        foreach (var port in named.Values)
        {
            var group = groups.Find(
                known => known.Protocol == port.Port.Protocol && known.State == port.State && known.Reason == port.Reason);
            if (group is null)
            {
                groups.Add(group = new PortGroup(port.Port.Protocol, port.State, port.Reason, new PortSet()));
            }

            group.Ports.Add(port.Port.Port);
            if (ports.Facts?.TryGetValue(port.Port, out var known) == true)
            {
                facts.Add(known with { State = port.State, Reason = port.Reason });
            }
        }

        return (groups, facts);
    }

    /// <summary>The hosts, by address.</summary>
    public List<InternetAddress> Addresses()
    {
        List<InternetAddress> addresses = [.. _hosts.Keys];
        addresses.Sort();
        return addresses;
    }

    private HostPorts PortsOf(InternetAddress address)
    {
        if (!_hosts.TryGetValue(address, out var ports))
        {
            _hosts.Add(address, ports = new HostPorts());
        }

        return ports;
    }

    private readonly record struct Named(ProbePort Port, PortState State, ReplyReason Reason);

    /// <summary>A list of a million ports without facts takes 8 MB.</summary>
    private sealed class HostPorts
    {
        public List<Named> Named { get; } = [];

        public Dictionary<ProbePort, PortResult>? Facts { get; set; }
    }
}
