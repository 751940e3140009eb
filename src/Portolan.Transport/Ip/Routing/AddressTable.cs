using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>Which addresses are this host's. IPv6 link-local ones only together with their interface (RFC 4007 section 6).</summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class AddressTable
{
    private readonly Dictionary<ScopedAddress, HostAddress> _addresses = [];
    private readonly List<LocalPrefix> _prefixes = [];

    /// <summary>IPv4 broadcast addresses of networks, with the addresses that are of them, the oldest first.</summary>
    private readonly Dictionary<InternetAddress, List<HostAddress>> _broadcasts = [];

    internal IReadOnlyList<LocalPrefix> Prefixes => _prefixes;

    internal bool TryAdd(HostAddress address)
    {
        if (!_addresses.TryAdd(ScopedAddress.Of(address.Address, address.Interface), address))
        {
            return false;
        }

        if (TryGetBroadcast(address, out var broadcast))
        {
            if (!_broadcasts.TryGetValue(broadcast, out var members))
            {
                _broadcasts.Add(broadcast, members = []);
            }

            members.Add(address);
        }

        return true;
    }

    internal void Remove(HostAddress address)
    {
        _addresses.Remove(ScopedAddress.Of(address.Address, address.Interface));
        if (TryGetBroadcast(address, out var broadcast) && _broadcasts.TryGetValue(broadcast, out var members) && members.Remove(address)
            && members.Count == 0)
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

    /// <summary>Whether an address is the broadcast address of all networks, or of one of this host's.</summary>
    /// <param name="address">The address.</param>
    /// <param name="at">The interface that had an address of the network first; <c>null</c> where it is that of all networks.</param>
    internal bool IsBroadcast(InternetAddress address, out IpInterface? at)
    {
        at = null;
        if (!address.IsIPv4 || address.IPv4Bits == uint.MaxValue)
        {
            return address.IsIPv4;
        }

        at = _broadcasts.TryGetValue(address, out var members) ? members[0].Interface : null;
        return at is not null;
    }

    /// <summary>Whether it is heard on an interface (RFC 1122 section 3.3.6): several may be on one network.</summary>
    internal bool IsBroadcastOf(InternetAddress address, IpInterface at)
    {
        if (!address.IsIPv4 || address.IPv4Bits == uint.MaxValue)
        {
            return address.IsIPv4;
        }

        if (_broadcasts.TryGetValue(address, out var members))
        {
            foreach (var member in members)
            {
                if (member.Interface == at)
                {
                    return true;
                }
            }
        }

        return false;
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
        internal static ScopedAddress Of(InternetAddress address, IpInterface? at) =>
            new(address, !address.IsIPv4 && address.IsLinkLocal ? at?.Number ?? 0 : 0);
    }
}
