using Portolan.Model;
using Portolan.Scan.Targets;

namespace Portolan.Scan.Results;

/// <summary>A port that two vantage points do not see alike.</summary>
/// <param name="Address">The host.</param>
/// <param name="Port">The port.</param>
/// <param name="States">
/// Its state at each vantage point, in their order; <c>null</c> where the host was not found up or the port was not probed.
/// </param>
public sealed record Disagreement(InternetAddress Address, ProbePort Port, IReadOnlyList<PortState?> States);

/// <summary>
/// Where the same scan from several vantage points differs: each hears one scan by <see cref="From"/>. Nothing is averaged: a port has the
/// state that each of them saw.
/// </summary>
public sealed class VantageComparison
{
    private readonly List<Vantage> _vantages = [];
    private readonly SortedSet<InternetAddress> _addresses = [];

    /// <summary>The names of the vantage points, in the order in which they were added.</summary>
    public IReadOnlyList<string> Names => [.. _vantages.Select(static v => v.Name)];

    /// <summary>Adds a vantage point.</summary>
    /// <param name="name">Its name.</param>
    /// <returns>What is to hear its scan.</returns>
    public IScanObserver From(string name)
    {
        var vantage = new Vantage(name, _addresses);
        _vantages.Add(vantage);
        return vantage;
    }

    /// <summary>The ports that are open from one vantage point and have another state from another, by address and port.</summary>
    public IEnumerable<Disagreement> Disagreements()
    {
        foreach (var address in _addresses)
        {
            var hosts = _vantages.ConvertAll(v => v.Hosts.GetValueOrDefault(address));
            foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp])
            {
                foreach (var port in Differing(hosts, protocol, isAmongOpen: true))
                {
                    var name = new ProbePort(protocol, port);
                    yield return new Disagreement(address, name, [.. hosts.Select(host => StateOf(host, name))]);
                }
            }
        }
    }

    /// <summary>How many more ports differ that are open from nowhere: closed from one vantage point, filtered from another.</summary>
    public long CountOthers()
    {
        var count = 0L;
        foreach (var address in _addresses)
        {
            var hosts = _vantages.ConvertAll(v => v.Hosts.GetValueOrDefault(address)).FindAll(static host => host is not null);
            foreach (var protocol in (TransportProtocol[])[TransportProtocol.Tcp, TransportProtocol.Udp, TransportProtocol.Sctp])
            {
                count += Differing(hosts, protocol, isAmongOpen: false).Count;
            }
        }

        return count;
    }

    private static PortState? StateOf(List<PortGroup>? host, ProbePort port) =>
        host?.Find(group => group.Protocol == port.Protocol && group.Ports.Contains(port.Port))?.State;

    // The ports whose state is not the same everywhere, either those that are open somewhere or the others.
    private static PortSet Differing(List<List<PortGroup>?> hosts, TransportProtocol protocol, bool isAmongOpen)
    {
        var differing = new PortSet();
        foreach (var state in Enum.GetValues<PortState>())
        {
            PortSet? everywhere = null;
            foreach (var host in hosts)
            {
                var here = Of(host, protocol, state);
                differing.UnionWith(here);
                everywhere = everywhere is null ? here : everywhere & here;
            }

            differing.ExceptWith(everywhere ?? new PortSet());
        }

        var open = new PortSet();
        foreach (var host in hosts)
        {
            open.UnionWith(Of(host, protocol, PortState.Open));
        }

        return isAmongOpen ? differing & open : differing - open;
    }

    private static PortSet Of(List<PortGroup>? host, TransportProtocol protocol, PortState state)
    {
        var ports = new PortSet();
        foreach (var group in host ?? [])
        {
            if (group.Protocol == protocol && group.State == state)
            {
                ports.UnionWith(group.Ports);
            }
        }

        return ports;
    }

    private sealed class Vantage(string name, SortedSet<InternetAddress> addresses) : IScanObserver
    {
        public string Name => name;

        public Dictionary<InternetAddress, List<PortGroup>> Hosts { get; } = [];

        public void Started(ScanStart run)
        {
        }

        public void HostFound(HostResult host)
        {
        }

        public void PortFound(Target target, in PortResult port)
        {
        }

        public void HostFinished(HostReport report)
        {
            if (report.Host.Status == HostStatus.Up)
            {
                addresses.Add(report.Host.Target.Address);
                Hosts[report.Host.Target.Address] = [.. report.Groups.Select(static group => group with { Ports = group.Ports.Clone() })];
            }
        }

        public void Progress(ScanProgress progress)
        {
        }

        public void Warning(string message)
        {
        }

        public void Ended(ScanEnd balance)
        {
        }
    }
}
