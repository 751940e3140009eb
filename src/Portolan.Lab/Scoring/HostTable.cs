using Portolan.Scan.Results;

namespace Portolan.Lab.Scoring;

/// <summary>Puts ports that a file names in any order together by host.</summary>
internal sealed class HostTable
{
    private readonly Dictionary<InternetAddress, List<Named>> _hosts = [];

    /// <summary>Every port that was named of a protocol.</summary>
    public PortSet SeenOf(TransportProtocol protocol) => protocol == TransportProtocol.Udp ? Udp : Tcp;

    private PortSet Tcp { get; } = new();

    private PortSet Udp { get; } = new();

    /// <summary>Adds a port; what is said of it last counts.</summary>
    public void Add(InternetAddress address, TransportProtocol protocol, PortNumber port, PortState state, ReplyReason reason)
    {
        if (protocol is not (TransportProtocol.Tcp or TransportProtocol.Udp))
        {
            return;
        }

        SeenOf(protocol).Add(port);
        ListOf(address).Add(new Named(protocol, port, state, reason));
    }

    /// <summary>Adds a host of which no port is named yet.</summary>
    public void Add(InternetAddress address) => ListOf(address);

    /// <summary>Takes a host out: its ports by state.</summary>
    public List<PortGroup> Take(InternetAddress address)
    {
        var groups = new List<PortGroup>();
        if (!_hosts.Remove(address, out var list))
        {
            return groups;
        }

        var named = new Dictionary<(TransportProtocol, PortNumber), Named>();
        foreach (var port in list)
        {
            named[(port.Protocol, port.Port)] = port;
        }

        foreach (var port in named.Values)
        {
            var group = groups.Find(known => known.Protocol == port.Protocol && known.State == port.State && known.Reason == port.Reason);
            if (group is null)
            {
                groups.Add(group = new PortGroup(port.Protocol, port.State, port.Reason, new PortSet()));
            }

            group.Ports.Add(port.Port);
        }

        return groups;
    }

    /// <summary>The hosts, by address.</summary>
    public List<InternetAddress> Addresses()
    {
        List<InternetAddress> addresses = [.. _hosts.Keys];
        addresses.Sort();
        return addresses;
    }

    private List<Named> ListOf(InternetAddress address)
    {
        if (!_hosts.TryGetValue(address, out var list))
        {
            _hosts.Add(address, list = []);
        }

        return list;
    }

    private readonly record struct Named(TransportProtocol Protocol, PortNumber Port, PortState State, ReplyReason Reason);
}
