using System.Globalization;
using System.Net;
using System.Net.Sockets;
using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Transport;

namespace Portolan.Lab.Running;

/// <summary>
/// The names of a lab: hosts and routers by their own name, with the lab's domain behind it, and by the names the topology gives them;
/// hosts of a range by number.
/// </summary>
/// <remarks>Any thread. Also what stacks resolve names by when nothing asks a name server.</remarks>
internal sealed class LabDirectory : ILabDirectory, INameResolver
{
    /// <summary>What the place of the command is called. It is not a name to ask for.</summary>
    internal const string VantageName = "vantage";

    private readonly LabTopology _topology;
    private readonly Lazy<LabNames> _names;

    internal LabDirectory(LabTopology topology)
    {
        _topology = topology;
        Domain = $"{topology.Name}.lab";

        // Most labs are asked for no name, or late.
        _names = new Lazy<LabNames>(() => new LabNames(topology, All));
    }

    public string Domain { get; }

    public IEnumerable<(string Name, InternetAddress Address)> All
    {
        get
        {
            foreach (var router in _topology.Routers)
            {
                foreach (var address in router.Addresses)
                {
                    yield return (router.Name, address);
                }
            }

            foreach (var host in _topology.Hosts.Where(static h => !h.IsRange))
            {
                foreach (var name in host.Names.Prepend(host.Name))
                {
                    foreach (var range in host.Addresses)
                    {
                        yield return (name, range.First);
                    }
                }
            }
        }
    }

    public IReadOnlyList<InternetAddress> Find(string name)
    {
        name = name.TrimEnd('.');
        name = name.EndsWith($".{Domain}", StringComparison.OrdinalIgnoreCase) ? name[..^(Domain.Length + 1)] : name;
        if (_names.Value.Find(name) is { } found)
        {
            return found;
        }

        var dash = name.LastIndexOf('-');
        return dash > 0 && _names.Value.FindRange(name[..dash]) is { } range
            && ulong.TryParse(name.AsSpan(dash + 1), NumberStyles.None, CultureInfo.InvariantCulture, out var number)
            && AddressOf(range, number) is { } address
            ? [address]
            : [];
    }

    public string? NameOf(InternetAddress address)
    {
        if (_names.Value.NameOf(address) is { } name)
        {
            return name;
        }

        foreach (var range in _names.Value.Ranges)
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
            : throw new SocketException((int)SocketError.HostNotFound, $"no host of the lab {_topology.Name} has the name {host}");
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
}
