using Portolan.Scan.Checking;

namespace Portolan.Web.Api;

/// <summary>
/// Sockets that reach no link-local address and no metadata service of a cloud: what answers there gives out credentials of this machine,
/// and must not be reached through a page, however a name or a redirect leads to it.
/// </summary>
/// <param name="sockets">The sockets.</param>
internal sealed class GuardedSockets(ICheckSockets sockets) : ICheckSockets
{
    // Addresses of metadata services that are not link-local: of EC2 over IPv6 (unique local), and of Alibaba Cloud (shared).
    private static readonly HashSet<string> Metadata = new(StringComparer.Ordinal) { "fd00:ec2::254", "100.100.100.200" };

    /// <inheritdoc/>
    public Task<ConnectResult> ConnectAsync(RemoteSocket remote, CancellationToken giveUp) =>
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

    private static RemoteSocket Allowed(RemoteSocket remote) => remote.Address.IsLinkLocal || Metadata.Contains(remote.Address.ToString())
        ? throw new ApiError(
            403, "address-not-allowed",
            $"{remote.Address} is a link-local address or a metadata service, and the page connects to none.",
            $"Run on the server: portolan check {(remote.Address.IsIPv4 ? $"{remote.Address}" : $"[{remote.Address}]")}:{remote.Port}")
        : remote;
}
