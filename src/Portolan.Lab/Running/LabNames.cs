using Portolan.Lab.Topology;

namespace Portolan.Lab.Running;

/// <summary>Tables of the names of a topology and of the addresses they stand for, without regard to case.</summary>
internal sealed class LabNames
{
    private readonly Dictionary<string, List<InternetAddress>> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<InternetAddress, string> _byAddress = [];
    private readonly Dictionary<string, HostSpec> _ranges = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Makes them.</summary>
    /// <param name="topology">The ranges and the vantage are taken from it.</param>
    /// <param name="names">All other names; the first of an address is the one it has.</param>
    internal LabNames(LabTopology topology, IEnumerable<(string Name, InternetAddress Address)> names)
    {
        foreach (var (name, address) in names)
        {
            if (!_byName.TryGetValue(name, out var known))
            {
                _byName.Add(name, known = []);
            }

            known.Add(address);
            _byAddress.TryAdd(address, name);
        }

        foreach (var host in topology.Hosts)
        {
            if (host.IsRange)
            {
                _ranges.TryAdd(host.Name, host);
            }
            else if (host.AsksForAddress)
            {
                // Known names, but of no address that the topology knows.
                _byName.TryAdd(host.Name, []);
                host.Names.ToList().ForEach(name => _byName.TryAdd(name, []));
            }
        }

        foreach (var address in topology.Vantage?.Addresses ?? [])
        {
            _byAddress.TryAdd(address, LabDirectory.VantageName);
        }
    }

    /// <summary>The ranges, in the order of the topology.</summary>
    internal IEnumerable<HostSpec> Ranges => _ranges.Values;

    internal IReadOnlyList<InternetAddress>? Find(string name) => _byName.GetValueOrDefault(name);

    internal HostSpec? FindRange(string name) => _ranges.GetValueOrDefault(name);

    internal string? NameOf(InternetAddress address) => _byAddress.GetValueOrDefault(address);
}
