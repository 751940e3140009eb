namespace Portolan.Sockets.Owners;

/// <summary>Ports of this host that a process of a container runtime passes on to a container.</summary>
/// <param name="Runtime"><c>docker</c> or <c>podman</c>.</param>
/// <param name="Protocol">TCP, UDP or SCTP.</param>
/// <param name="HostAddress">The address listened on, or <c>null</c> for any.</param>
/// <param name="HostPorts">The ports of this host.</param>
/// <param name="ContainerAddress">The container's address, or <c>null</c> where the command line does not say.</param>
/// <param name="FirstContainerPort">The port in the container that the first host port leads to; the others follow in order.</param>
public sealed record PublishedPort(
    string Runtime, TransportProtocol Protocol, InternetAddress? HostAddress, PortRange HostPorts, InternetAddress? ContainerAddress,
    PortNumber FirstContainerPort)
{
    /// <summary>The port in the container that a host port leads to, or <c>null</c> when it is not one of these.</summary>
    public PortNumber? ContainerPort(PortNumber hostPort)
    {
        var port = FirstContainerPort.Value + (hostPort.Value - HostPorts.First.Value);
        return hostPort >= HostPorts.First && hostPort <= HostPorts.Last && port <= ushort.MaxValue ? new PortNumber((ushort)port) : null;
    }
}
