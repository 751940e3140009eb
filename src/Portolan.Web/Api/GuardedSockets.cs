using Portolan.Scan.Checking;

namespace Portolan.Web.Api;

/// <summary>
/// Sockets that reach no link-local address and no metadata service of a cloud (<see cref="GuardedAddresses"/>), however a name or a
/// redirect points to it.
/// </summary>
/// <param name="sockets">The sockets.</param>
/// <param name="asked">The target as it was asked for, without secrets.</param>
internal sealed class GuardedSockets(ICheckSockets sockets, string asked) : ICheckSockets
{
    /// <inheritdoc/>
    public Task<ConnectionAttempt> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
        sockets.ConnectAsync(Allowed(remote), giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        sockets.ExchangeAsync(Allowed(remote), datagrams, interval, accepts, giveUp);

    /// <inheritdoc/>
    public Task<DatagramResult> ExchangeWithHostAsync(
        RemoteSocket remote, IReadOnlyList<ReadOnlyMemory<byte>> datagrams, TimeSpan interval, Func<ReadOnlyMemory<byte>, bool> accepts,
        CancellationToken giveUp) =>
        sockets.ExchangeWithHostAsync(Allowed(remote), datagrams, interval, accepts, giveUp);

    private RemoteSocket Allowed(RemoteSocket remote) => GuardedAddresses.Contain(remote.Address)
        ? throw new ApiError(
            403, "address-not-allowed",
            $"{remote.Address} is a link-local address or a metadata service, and the page connects to none.",
            Advice.Of($"Run on the server: portolan check {asked}").ToString())
        : remote;
}
