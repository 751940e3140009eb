using Portolan.Lab.Running.Hosts;
using Portolan.Lab.Topology;

namespace Portolan.Lab.Running.Listing;

/// <summary>The listeners that a host has by its topology, awake or asleep.</summary>
internal sealed class HostListeners
{
    /// <summary>So many ports of a rule are listed one by one also where the host has hundreds.</summary>
    private const int FewPorts = 16;

    private readonly VirtualHost _host;
    private readonly Dictionary<TransportProtocol, PortSet> _known = new()
    {
        [TransportProtocol.Tcp] = new PortSet(),
        [TransportProtocol.Udp] = new PortSet(),
    };

    internal HostListeners(VirtualHost host)
    {
        _host = host;
        foreach (var rule in Rules())
        {
            _known[rule.Protocol].UnionWith(rule.Ports);
        }
    }

    internal bool IsRange => _host.Spec.IsRange;

    /// <summary>How many hosts there are: 1 unless they are a range.</summary>
    internal ulong HostCount => IsRange ? (ulong)_host.Spec.Addresses.Aggregate(UInt128.Zero, static (sum, range) => sum + range.Count) : 1;

    /// <summary>Whether a listener of the stack is among them. Port 0 is the one that hears every port.</summary>
    internal bool Has(TransportProtocol protocol, PortNumber port) =>
        (port == PortNumber.Zero && protocol == TransportProtocol.Tcp)
            || (_known.TryGetValue(protocol, out var ports) && ports.Contains(port));

    /// <summary>Adds them by protocol and port, single ports before those that go together.</summary>
    internal void AddTo(LabSocketList list)
    {
        foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp])
        {
            var rules = Rules().Where(rule => rule.Protocol == protocol).ToList();
            var areMany = rules.Sum(static rule => rule.Ports.Count) > VirtualHost.MostListeners;
            var together = rules.Where(rule => areMany && rule.Ports.Count > FewPorts).ToList();
            foreach (var port in rules.Except(together).SelectMany(static rule => rule.Ports).OrderBy(static port => port.Value))
            {
                list.Add(Listener(protocol, port, null));
            }

            together.ForEach(rule => list.Add(Listener(protocol, PortNumber.Zero, rule.Ports)));
        }
    }

    private LabSocket Listener(TransportProtocol protocol, PortNumber port, PortSet? ports) => new(
        _host.Name, HostCount, protocol, protocol == TransportProtocol.Tcp ? TcpState.Listen : null, _host.ListenAddress, port, null,
        PortNumber.Zero, ports);

    private IEnumerable<PortRule> Rules()
    {
        var spec = _host.Spec;
        foreach (var rule in spec.Ports)
        {
            if (rule.Protocol == TransportProtocol.Tcp ? Listens(rule.Policy) : _host.HasUdpSocket(rule.Policy))
            {
                yield return rule;
            }
        }

        if (Listens(spec.DefaultTcp))
        {
            var named = spec.Ports.Where(static rule => rule.Protocol == TransportProtocol.Tcp).Aggregate(
                new PortSet(PortNumber.Zero), static (sum, rule) => sum | rule.Ports);
            yield return new PortRule(TransportProtocol.Tcp, ~named, spec.DefaultTcp);
        }
    }

    // What nobody stands behind is answered by a SYN proxy, not by a listener.
    private static bool Listens(PortPolicy policy) => policy is TarpitPort or ProxyPort or ExecPort || policy.FindService() is not null;
}
