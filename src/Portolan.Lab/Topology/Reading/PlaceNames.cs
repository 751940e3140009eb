namespace Portolan.Lab.Topology.Reading;

/// <summary>What the names in rules stand for: networks their prefixes, routers and single hosts their addresses.</summary>
internal sealed class PlaceNames
{
    private readonly Dictionary<string, List<AddressPrefix>> _places = new(StringComparer.OrdinalIgnoreCase);
    private readonly NetworkIndex _networks;

    /// <summary>Gathers the names.</summary>
    public PlaceNames(NetworkIndex networks, IEnumerable<HostSpec> hosts)
    {
        _networks = networks;
        foreach (var network in networks.All)
        {
            _places[network.Name] = [.. NetworkIndex.PrefixesOf(network)];
        }

        foreach (var host in hosts.Where(h => h is { IsRange: false, AsksForAddress: false }))
        {
            var prefixes = host.Addresses.Select(a => new AddressPrefix(a.First, a.First.BitCount)).ToList();
            foreach (var name in (IEnumerable<string>)[host.Name, .. host.Names])
            {
                _places[name] = prefixes;
            }
        }
    }

    /// <summary>The prefixes of a name, or the one that is written; anything else is a fault.</summary>
    public IReadOnlyList<AddressPrefix>? Read(TreeScalar at, string word, FaultList faults)
    {
        if (_places.TryGetValue(word, out var prefixes))
        {
            return prefixes;
        }

        if (word.Length > 0 && (char.IsAsciiDigit(word[0]) || word.Contains(':', StringComparison.Ordinal)))
        {
            return AddressReader.ReadPrefix(at, word, faults) is { } prefix ? [prefix] : null;
        }

        faults.Unknown(at, "no network or host is named", word, _places.Keys);
        return null;
    }

    /// <summary>Whether an address is in a network of the topology.</summary>
    public bool IsInside(InternetAddress address) => _networks.Of(address) is not null;
}
