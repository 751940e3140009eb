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
