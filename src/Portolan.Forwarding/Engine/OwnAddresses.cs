using Portolan.Linux.Relay;

namespace Portolan.Forwarding.Engine;

/// <summary>The addresses and interfaces of this host.</summary>
public static class OwnAddresses
{
    /// <summary>Whether an address is one of them. Asks the kernel's routes; nothing is sent.</summary>
    public static bool Contains(InternetAddress address) =>
        address.IsLoopback || RelaySocket.IsOwnAddress(RelayAddress.Of(address, new PortNumber(9)));

    /// <summary>Whether it has an interface of that name.</summary>
    public static bool HasInterface(string name) => RelayAddress.Of(InternetAddress.LoopbackIPv6, new PortNumber(9), name) is not null;
}
