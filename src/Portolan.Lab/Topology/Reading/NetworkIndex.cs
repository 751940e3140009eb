using System.Diagnostics.CodeAnalysis;

namespace Portolan.Lab.Topology.Reading;

/// <summary>The networks of a topology by name and by address.</summary>
internal sealed class NetworkIndex
{
    private readonly Dictionary<string, NetworkSpec> _byName = new(StringComparer.Ordinal);
    private readonly List<(AddressPrefix Prefix, NetworkSpec Network)> _byAddress = [];

    /// <summary>Indexes the networks; their prefixes do not overlap.</summary>
    public NetworkIndex(IReadOnlyList<NetworkSpec> networks)
    {
        All = networks;
        foreach (var network in networks)
        {
            _byName[network.Name] = network;
            _byAddress.AddRange(PrefixesOf(network).Select(p => (p, network)));
        }

        _byAddress.Sort(static (left, right) => left.Prefix.Address.CompareTo(right.Prefix.Address));
    }

    /// <summary>All of them, in the order they are written in.</summary>
    public IReadOnlyList<NetworkSpec> All { get; }

    public IReadOnlyCollection<string> Names => _byName.Keys;

    /// <summary>Finds one by its name.</summary>
    public bool TryFind(string name, [NotNullWhen(true)] out NetworkSpec? network) => _byName.TryGetValue(name, out network);

    /// <summary>The network whose prefix has an address.</summary>
    public NetworkSpec? Of(InternetAddress address)
    {
        var (low, high) = (0, _byAddress.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _byAddress[middle].Prefix.Address <= address ? (middle + 1, high) : (low, middle);
        }

        return low > 0 && _byAddress[low - 1].Prefix.Contains(address) ? _byAddress[low - 1].Network : null;
    }

    /// <summary>The prefixes a network has.</summary>
    public static IEnumerable<AddressPrefix> PrefixesOf(NetworkSpec network)
    {
        if (network.Ipv4 is { } ipv4)
        {
            yield return ipv4;
        }

        if (network.Ipv6 is { } ipv6)
        {
            yield return ipv6;
        }
    }

    /// <summary>The prefix a network has of a family; <c>null</c> when it has none.</summary>
    public static AddressPrefix? PrefixOf(NetworkSpec network, bool isIPv4) => isIPv4 ? network.Ipv4 : network.Ipv6;
}
