using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>Which addresses are this host's. IPv6 link-local ones only together with their interface (RFC 4007 section 6).</summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class AddressTable
{
    private readonly Dictionary<ScopedAddress, HostAddress> _addresses = [];
    private readonly List<LocalPrefix> _prefixes = [];

    /// <summary>IPv4 broadcast addresses of networks, with the interface.</summary>
    private readonly Dictionary<InternetAddress, IpInterface> _broadcasts = [];

    internal IReadOnlyList<LocalPrefix> Prefixes => _prefixes;

    internal bool TryAdd(HostAddress address)
    {
        if (!_addresses.TryAdd(ScopedAddress.Of(address.Address, address.Interface), address))
        {
            return false;
        }

        if (TryGetBroadcast(address, out var broadcast))
        {
            _broadcasts.TryAdd(broadcast, address.Interface);
        }

        return true;
    }

    internal void Remove(HostAddress address)
    {
        _addresses.Remove(ScopedAddress.Of(address.Address, address.Interface));
        if (TryGetBroadcast(address, out var broadcast))
        {
            _broadcasts.Remove(broadcast);
        }
    }

    internal void Add(LocalPrefix prefix) => _prefixes.Add(prefix);

    internal bool Remove(LocalPrefix prefix) => _prefixes.Remove(prefix);

    internal HostAddress? Find(InternetAddress address, IpInterface? at) => _addresses.GetValueOrDefault(ScopedAddress.Of(address, at));

    internal LocalPrefix? FindPrefix(InternetAddress address)
    {
        foreach (var prefix in _prefixes)
        {
            if (prefix.Contains(address))
            {
                return prefix;
            }
        }

        return null;
    }

    /// <summary>The interface on which an address is this host's and may be used; <c>null</c> when on none.</summary>
    internal IpInterface? OwnerOf(InternetAddress address, IpInterface? at)
    {
        var found = Find(address, at);
        return found is not null ? (found.IsUsable ? found.Interface : null) : FindPrefix(address)?.Interface;
    }

    internal bool IsBroadcast(InternetAddress address, out IpInterface? at)
    {
        at = null;
        return address.IsIPv4 && (address.IPv4Bits == uint.MaxValue || _broadcasts.TryGetValue(address, out at));
    }

    /// <summary>RFC 1122 section 3.2.1.3 (d): the host part is all ones. Networks of 31 and 32 bits have none (RFC 3021).</summary>
    private static bool TryGetBroadcast(HostAddress address, out InternetAddress broadcast)
    {
        var has = address.Address.IsIPv4 && address.PrefixLength < 31;
        broadcast = has ? InternetAddress.FromIPv4(address.Address.IPv4Bits | (uint.MaxValue >> address.PrefixLength)) : default;
        return has;
    }

    private readonly record struct ScopedAddress(InternetAddress Address, int Zone)
    {
        internal static ScopedAddress Of(InternetAddress address, IpInterface? at) => new(address, !address.IsIPv4 && address.IsLinkLocal ? at?.Number ?? 0 : 0);
    }
}
