using Portolan.Model;

namespace Portolan.Transport;

/// <summary>A socket of a stack, as netstat would list it.</summary>
/// <param name="Protocol">TCP or UDP.</param>
/// <param name="State">The state of a TCP socket; <c>null</c> of UDP.</param>
/// <param name="LocalAddress">This end's address; unspecified when it hears several.</param>
/// <param name="LocalPort">This end's port; 0 for a listener to every port.</param>
/// <param name="RemoteAddress">The peer's address; <c>null</c> when it has none.</param>
/// <param name="RemotePort">The peer's port; 0 when it has none.</param>
public sealed record StackSocket(
    TransportProtocol Protocol,
    TcpState? State,
    InternetAddress LocalAddress,
    PortNumber LocalPort,
    InternetAddress? RemoteAddress,
    PortNumber RemotePort);
