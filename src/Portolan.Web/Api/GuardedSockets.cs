using Portolan.Scan.Checking;

namespace Portolan.Web.Api;

/// <summary>
/// Sockets that reach no link-local address and no metadata service of a cloud: what answers there gives out credentials of this machine,
/// and must not be reached through a page, however a name or a redirect leads to it.
/// </summary>
/// <param name="sockets">The sockets.</param>
internal sealed class GuardedSockets(ICheckSockets sockets) : ICheckSockets
{
    // Metadata services that are not link-local: EC2 and Google Cloud over IPv6 (unique local), Alibaba Cloud (shared), Azure's host, and
    // Oracle Cloud's former one.
    private static readonly HashSet<string> Metadata = new(StringComparer.Ordinal)
    {
        "fd00:ec2::254", "fd20:ce::254", "100.100.100.200", "168.63.129.16", "192.0.0.192",
    };

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

    /// <summary>Whether an address is none that the page connects to, itself or as an IPv6 address that stands for it.</summary>
    internal static bool IsGuarded(InternetAddress address) =>
        address.IsLinkLocal || Metadata.Contains(address.ToString()) || (Embedded(address) is { } inner && IsGuarded(inner));

    private static RemoteSocket Allowed(RemoteSocket remote) => IsGuarded(remote.Address)
        ? throw new ApiError(
            403, "address-not-allowed",
            $"{remote.Address} is a link-local address or a metadata service, and the page connects to none.",
            $"Run on the server: portolan check {(remote.Address.IsIPv4 ? $"{remote.Address}" : $"[{remote.Address}]")}:{remote.Port}")
        : remote;

    // Mapped (RFC 4291, 2.5.5.2), translated by NAT64 (RFC 6052, 2.1; RFC 8215), 6to4 (RFC 3056, 2).
    private static InternetAddress? Embedded(InternetAddress address)
    {
        if (address.IsIPv4)
        {
            return null;
        }

        var prefix = address.UpperBits >> 32;
        return address.IsIPv4Mapped ? address.Unmap()
            : prefix is 0x0064_ff9b ? InternetAddress.FromIPv4((uint)address.LowerBits)
            : address.UpperBits >> 48 is 0x2002 ? InternetAddress.FromIPv4((uint)(address.UpperBits >> 16))
            : null;
    }
}
