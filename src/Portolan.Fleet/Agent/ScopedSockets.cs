using Portolan.Scan.Checking;
using Portolan.Scan.Results;

namespace Portolan.Fleet.Agent;

/// <summary>Sockets that reach only what an agent's scope permits, wherever a name or a redirect leads.</summary>
/// <param name="sockets">The sockets.</param>
/// <param name="scope">The scope.</param>
/// <param name="isGuarded">They reach none of <see cref="GuardedAddresses"/> either.</param>
internal sealed class ScopedSockets(ICheckSockets sockets, AgentScope scope, bool isGuarded) : ICheckSockets
{
    /// <inheritdoc/>
    public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
        sockets.ConnectAsync(Permitted(remote, TransportProtocol.Tcp), giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        sockets.ExchangeAsync(Permitted(remote, TransportProtocol.Udp), datagrams, interval, accepts, giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeWithHostAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        sockets.ExchangeWithHostAsync(Permitted(remote, TransportProtocol.Udp), datagrams, interval, accepts, giveUp);

    private RemoteSocket Permitted(RemoteSocket remote, TransportProtocol protocol) =>
        isGuarded && GuardedAddresses.Contain(remote.Address) ? throw new OutOfScopeException(
            $"{remote.Address} is a link-local address or a metadata service, and the page connects to none")
            : scope.Permits(remote.Address, new ProbePort(protocol, remote.Port)) ? remote
            : throw new OutOfScopeException($"port {remote.Port.Value} of {remote.Address} is out of the agent's scope");
}

/// <summary>An agent does not go there.</summary>
/// <param name="message">Where.</param>
internal sealed class OutOfScopeException(string message) : Exception(message);
