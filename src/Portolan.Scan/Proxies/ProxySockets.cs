using Portolan.Scan.Checking;

namespace Portolan.Scan.Proxies;

/// <summary>Connections through proxies, to be read and written. There are no datagrams.</summary>
/// <param name="route">The chain.</param>
/// <param name="sockets">This host's connections.</param>
public sealed class ProxySockets(ProxyRoute route, ICheckSockets sockets) : ICheckSockets
{
    /// <inheritdoc/>
    public async Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp)
    {
        ArgumentNullException.ThrowIfNull(remote);
        var (reply, stream) = await route.ConnectAsync(
            sockets, new ProxyTarget(route.Names.NameOf(remote.Address), remote.Address, remote.Port), giveUp);
        return new ConnectionAttempt(OutcomeOf(reply.Answer), stream) { Error = stream is null ? reply.Words : null };
    }

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        throw new NotSupportedException("proxies carry connections only");

    private static ConnectionOutcome OutcomeOf(ProxyAnswer answer) => answer switch
    {
        ProxyAnswer.Connected => ConnectionOutcome.Connected,
        ProxyAnswer.Refused => ConnectionOutcome.Refused,
        ProxyAnswer.TimedOut => ConnectionOutcome.TimedOut,
        ProxyAnswer.HostUnreachable or ProxyAnswer.NetworkUnreachable or ProxyAnswer.Prohibited or ProxyAnswer.Failed =>
            ConnectionOutcome.Unreachable,
        _ => ConnectionOutcome.NotSent,
    };
}
