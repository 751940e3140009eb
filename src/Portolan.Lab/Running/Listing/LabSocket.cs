namespace Portolan.Lab.Running.Listing;

/// <summary>
/// A socket of a host of the lab: a listener, a connection, or a UDP socket. A range of hosts that are alike has its listeners once, and so
/// has a host that listens on hundreds of ports. A host without traffic so far has its listeners all the same.
/// </summary>
/// <param name="Host">Whose it is: a host or a router; of a connection to one of a range that one, such as <c>pc-7</c>; of the listeners of
/// a range the range.</param>
/// <param name="HostCount">How many hosts have it, 1 but for listeners of ranges.</param>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="State">Of TCP.</param>
/// <param name="LocalAddress">Unspecified for any address of the host.</param>
/// <param name="LocalPort">The port; 0 where <paramref name="Ports"/> has several.</param>
/// <param name="RemoteAddress">The peer's; <c>null</c> without one.</param>
/// <param name="RemotePort">The peer's.</param>
/// <param name="Ports">The ports of a listener that has several; otherwise <c>null</c>.</param>
public sealed record LabSocket(
    string Host,
    ulong HostCount,
    TransportProtocol Protocol,
    TcpState? State,
    InternetAddress LocalAddress,
    PortNumber LocalPort,
    InternetAddress? RemoteAddress,
    PortNumber RemotePort,
    PortSet? Ports);
