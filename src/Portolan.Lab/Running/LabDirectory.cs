using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Running;

/// <summary>The names of a lab: hosts and routers by their own name, with the lab's domain behind it, and by the names the topology gives them; hosts of a range by number.</summary>
/// <remarks>Any thread. Also what stacks resolve names by when nothing asks a name server.</remarks>
internal sealed class LabDirectory : ILabDirectory, INameResolver
{
    /// <summary>What the place of the command is called. It is no name to ask for.</summary>
    internal const string VantageName = "vantage";

    private readonly Dictionary<string, List<InternetAddress>> _byName = new(StringComparer.OrdinalIgnoreCase);
    private readonly Dictionary<InternetAddress, string> _byAddress = [];
    private readonly Dictionary<string, HostSpec> _ranges = new(StringComparer.OrdinalIgnoreCase);
    private readonly List<(string Name, InternetAddress Address)> _all = [];
    private readonly LabTopology _topology;

    internal LabDirectory(LabTopology topology)
    {
        _topology = topology;
        Domain = $"{topology.Name}.lab";
        foreach (var router in topology.Routers)
        {
            Add(router.Name, router.Addresses);
        }

        foreach (var host in topology.Hosts)
        {
            if (host.IsRange)
            {
                _ranges.TryAdd(host.Name, host);
                continue;
            }

            InternetAddress[] addresses = [.. host.Addresses.Select(static r => r.First)];
            foreach (var name in host.Names.Prepend(host.Name))
            {
                Add(name, addresses);
            }
        }

        foreach (var address in topology.Vantage?.Addresses ?? [])
        {
            _byAddress.TryAdd(address, VantageName);
        }
    }

    public string Domain { get; }

    public IEnumerable<(string Name, InternetAddress Address)> All => _all;

    public IReadOnlyList<InternetAddress> Find(string name)
    {
        name = name.TrimEnd('.');
        name = name.EndsWith($".{Domain}", StringComparison.OrdinalIgnoreCase) ? name[..^(Domain.Length + 1)] : name;
        if (_byName.TryGetValue(name, out var found))
        {
            return found;
        }

        var dash = name.LastIndexOf('-');
        return dash > 0 && _ranges.TryGetValue(name[..dash], out var range)
            && ulong.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number) && AddressOf(range, number) is { } address
            ? [address]
            : [];
    }

    public string? NameOf(InternetAddress address)
    {
        if (_byAddress.TryGetValue(address, out var name))
        {
            return name;
        }

        foreach (var range in _ranges.Values)
        {
            UInt128 before = 0;
            foreach (var part in range.Addresses)
            {
                if (part.Contains(address))
                {
                    return string.Create(CultureInfo.InvariantCulture, $"{range.Name}-{before + (address.Number - part.First.Number) + 1}");
                }

                before += part.Count;
            }
        }

        return null;
    }

    public IEnumerable<string> HostsWith(string service) => _topology.Hosts
        .Where(host => !host.IsRange && host.Ports.Any(rule => rule.Policy is OpenPort open && open.Service.Name == service))
        .Select(static host => host.Name);

    public ValueTask<IPAddress[]> ResolveAsync(string host, CancellationToken cancellationToken)
    {
        if (IPAddress.TryParse(host, out var literal))
        {
            return new([literal]);
        }

        var found = Find(host);
        return found.Count > 0
            ? new([.. found.Select(static a => a.ToIPAddress())])
            : throw new SocketException((int)SocketError.HostNotFound, $"nobody in the lab {_topology.Name} has the name {host}");
    }

    private static InternetAddress? AddressOf(HostSpec range, ulong number)
    {
        if (number == 0)
        {
            return null;
        }

        UInt128 left = number - 1;
        foreach (var part in range.Addresses)
        {
            if (left < part.Count)
            {
                return InternetAddress.FromNumber(part.First.Number + left, part.First.IsIPv4);
            }

            left -= part.Count;
        }

        return null;
    }

    private void Add(string name, IEnumerable<InternetAddress> addresses)
    {
        if (!_byName.TryGetValue(name, out var known))
        {
            _byName.Add(name, known = []);
        }

        foreach (var address in addresses)
        {
            known.Add(address);
            _byAddress.TryAdd(address, name);
            _all.Add((name, address));
        }
    }
}
