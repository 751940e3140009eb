using Portolan.Model;
using Portolan.Transport.Ports;

namespace Portolan.Transport;

// What netstat would show of the stack.
public sealed partial class NetworkStack
{
    /// <summary>
    /// All sockets: listeners, connections with half-open ones and those in TIME-WAIT, and UDP's, by protocol, port and peer.
    /// </summary>
    /// <returns>The sockets of this moment.</returns>
    /// <example>
    /// <code>
    /// foreach (var socket in stack.GetSockets())
    /// {
    ///     Console.WriteLine(socket);
    /// }
    /// </code>
    /// </example>
    public IReadOnlyList<StackSocket> GetSockets() => ThrowIfEndingOr(_ =>
    {
        var bound = Layers.Ports.All().Where(static h => h.Binding.Protocol == TransportProtocol.Udp || h.Use is PortUse.Listening).Select(
            static h => new StackSocket(
            h.Binding.Protocol,
            h.Binding.Protocol == TransportProtocol.Udp ? null : TcpState.Listen,
            h.Binding.Address,
            h.Binding.Port,
            h.RemotePort.Value == 0 ? null : h.Remote,
            h.RemotePort));
        return bound.Concat(Layers.Tcp.Pairs())
            .OrderBy(static s => s.Protocol)
            .ThenBy(static s => s.LocalPort.Value)
            .ThenBy(static s => s.LocalAddress)
            .ThenBy(static s => s.RemoteAddress ?? default)
            .ThenBy(static s => s.RemotePort.Value)
            .ToList();
    });
}

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
