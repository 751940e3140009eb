using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>A network all of whose addresses are this host's: it answers for them, and binds and sends from them.</summary>
/// <param name="Network">The network.</param>
/// <param name="Length">Its bits, 0–32 or 0–128.</param>
/// <param name="Interface">The interface on whose link the host answers for it.</param>
public sealed record LocalPrefix(InternetAddress Network, int Length, IpInterface Interface)
{
    /// <summary>Whether an address is of the network.</summary>
    public bool Contains(InternetAddress address) => address.IsIPv4 == Network.IsIPv4 && address.IsIn(Network, Length);
}
