using Portolan.Lab.Topology;
using Portolan.Model;

namespace Portolan.Tests.Lab;

/// <summary>Topologies with something broken in them.</summary>
internal static class TopologyFaults
{
    /// <summary>A host has another policy at a port.</summary>
    internal static LabTopology WithPort(this LabTopology topology, string host, TransportProtocol protocol, int port, PortPolicy policy) =>
        topology.WithHost(host, spec => spec with
        {
            Ports = [
            new PortRule(protocol, new PortSet(new PortNumber((ushort)port)), policy),
            .. spec.Ports.Select(r => r.Protocol == protocol ? r with { Ports = Without(r.Ports, port) } : r).Where(
                static r => !r.Ports.IsEmpty)],
        });

    /// <summary>A host has another service at a port.</summary>
    internal static LabTopology WithService(this LabTopology topology, string host, TransportProtocol protocol, int port, string service) =>
        topology.WithPort(host, protocol, port, new OpenPort(new ServiceSpec(service)));

    /// <summary>A host is not there.</summary>
    internal static LabTopology WithoutHost(this LabTopology topology, string host) =>
        topology with { Hosts = [.. topology.Hosts.Where(h => h.Name != Known(topology, host).Name)] };

    /// <summary>A router is another.</summary>
    internal static LabTopology WithRouter(this LabTopology topology, Func<RouterSpec, RouterSpec> change) =>
        topology with { Routers = [.. topology.Routers.Select(change)] };

    /// <summary>A host is another.</summary>
    internal static LabTopology WithHost(this LabTopology topology, string host, Func<HostSpec, HostSpec> change) =>
        topology with { Hosts = [.. topology.Hosts.Select(h => h.Name == Known(topology, host).Name ? change(h) : h)] };

    /// <summary>A network is another.</summary>
    internal static LabTopology WithNetwork(this LabTopology topology, string network, Func<NetworkSpec, NetworkSpec> change) =>
        topology with
        {
            Networks =
            [.. topology.Networks.Select(n => n.Name == topology.Networks.First(k => k.Name == network).Name ? change(n) : n)]
        };

    private static PortSet Without(PortSet ports, int port)
    {
        var left = ports.Clone();
        left.Remove(new PortNumber((ushort)port));
        return left;
    }

    private static HostSpec Known(LabTopology topology, string host) => topology.Hosts.First(h => h.Name == host);
}
