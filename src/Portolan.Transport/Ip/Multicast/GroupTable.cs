using Portolan.Model;

namespace Portolan.Transport.Ip;

/// <summary>
/// The multicast groups of an interface. The groups of all hosts are always joined and never reported (RFC 9776 section 5, RFC 9777 section
/// 6).
/// </summary>
/// <remarks>One thread at a time.</remarks>
internal sealed class GroupTable(IpHost host, IpInterface owner)
{
    private const ulong LinkScope = 0xff02_0000_0000_0000;
    private const ulong NodeScope = 0xff01_0000_0000_0000;

    private readonly Dictionary<InternetAddress, Group> _groups = [];

    /// <summary>What routers of the link speak.</summary>
    internal QuerierVersion Querier { get; } = new();

    internal IEnumerable<InternetAddress> Joined => _groups.Values.Where(static g => g.Members > 0).Select(static g => g.Address);

    internal IEnumerable<Group> All => _groups.Values;

    /// <summary>Whether packets to a group are taken.</summary>
    internal bool Contains(InternetAddress address) =>
        IsForAll(address) || (_groups.TryGetValue(address, out var group) && group.Members > 0) || IsSolicitedNodeOfPrefix(address);

    internal void Join(InternetAddress address)
    {
        if (IsForAll(address))
        {
            return;
        }

        if (!_groups.TryGetValue(address, out var group))
        {
            group = new Group(host, owner, address);
            _groups.Add(address, group);
        }

        group.Members++;
        if (group.Members == 1)
        {
            group.Announce();
        }
    }

    internal void Leave(InternetAddress address)
    {
        if (_groups.TryGetValue(address, out var group) && group.Members > 0)
        {
            group.Members--;
            if (group.Members == 0)
            {
                group.Announce();
            }
        }
    }

    internal void Forget(Group group) => _groups.Remove(group.Address);

    /// <summary>A router asks: for one group, or for all when it is unspecified.</summary>
    internal void OnQuery(InternetAddress group, TimeSpan within)
    {
        if (!group.IsUnspecified)
        {
            _groups.GetValueOrDefault(group)?.AnswerWithin(within);
            return;
        }

        foreach (var joined in _groups.Values)
        {
            if (joined.Address.IsIPv4 == group.IsIPv4)
            {
                joined.AnswerWithin(within);
            }
        }
    }

    private bool IsForAll(InternetAddress address) => address.IsIPv4
        ? address.IPv4Bits == 0xe000_0001 || (host.Options.IsForwarding && address.IPv4Bits == 0xe000_0002)
        : address.UpperBits is LinkScope or NodeScope && (address.LowerBits == 1 || (host.Options.IsForwarding && address.LowerBits == 2));

    /// <summary>A host that answers for a prefix listens to all groups that its addresses have.</summary>
    private bool IsSolicitedNodeOfPrefix(InternetAddress address)
    {
        if (address.IsIPv4 || address.UpperBits != LinkScope || address.LowerBits >> 24 != 0x1ff)
        {
            return false;
        }

        foreach (var prefix in host.Router.Addresses.Prefixes)
        {
            if (!prefix.Network.IsIPv4 && prefix.Interface == owner)
            {
                return true;
            }
        }

        return false;
    }
}
