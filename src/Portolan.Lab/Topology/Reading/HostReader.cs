namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads hosts and ranges of hosts.</summary>
internal sealed class HostReader(FaultList faults, NameTable names, NetworkIndex networks, AddressLedger ledger)
{
    /// <summary>The most hosts of a topology: 16,777,216.</summary>
    public const int MostHosts = 1 << 24;

    /// <summary>The most ranges written as prefixes.</summary>
    public const int MostPrefixes = 1000;

    private static readonly string[] Keys =
        ["network", "address", "addresses", "names", "personality", "ephemeral-ports", "ports", "default", "default-tcp", "default-udp",
            "ping", "icmp-rate"];

    private static readonly TransportProtocol[] Both = [TransportProtocol.Tcp, TransportProtocol.Udp];
    private readonly List<Draft> _drafts = [];
    private readonly PortsReader _ports = new(faults);
    private int _prefixes;

    /// <summary>Reads what is written of the hosts; anything wrong is a fault.</summary>
    public void Read(MapReader top)
    {
        foreach (var (name, value) in top.Named("hosts", "hosts: { web: 198.18.0.10 }"))
        {
            var isNew = names.Take(name, "a host");
            if (ReadOne(name, value) is { } draft && isNew)
            {
                _drafts.Add(draft);
            }
        }
    }

    /// <summary>The hosts, once all that have addresses by name are in the ledger.</summary>
    public IReadOnlyList<HostSpec> Finish()
    {
        // Ranges written as prefixes have what is left, the first comes first.
        var total = UInt128.Zero;
        var hosts = new List<HostSpec>();
        foreach (var draft in _drafts)
        {
            var ranges = new List<AddressRange>();
            foreach (var (range, isPrefix, at) in draft.Addresses)
            {
                if (!isPrefix)
                {
                    ranges.Add(range);
                    continue;
                }

                var rest = ledger.GiveRest(draft.Spec.Network, range);
                if (rest.Count == 0)
                {
                    faults.Error(
                        at, "no address of this prefix is left", $"of overlapping prefixes write the smaller first, or leave this one out");
                }

                ranges.AddRange(rest);
            }

            var count = draft.Spec.IsRange ? ranges.Aggregate(UInt128.Zero, static (sum, r) => sum + r.Count) : 1;
            total += count;
            if (total > MostHosts)
            {
                faults.Error(draft.Name, "more than 16,777,216 hosts", $"shorten the ranges: an IPv4 /8 is the most");
                return hosts;
            }

            CheckNumberedNames(draft.Name, draft.Spec.IsRange ? (int)count : 0);
            hosts.Add(draft.Spec with { Addresses = ranges });
        }

        return hosts;
    }

    private static string Owner(TreeScalar name) => $"the host {FaultList.Quote(name.Text)}";

    private Draft? ReadOne(TreeScalar name, TreeNode value)
    {
        if (value is TreeScalar { Text: Words.Dhcp })
        {
            return PlaceByDhcp(name, network: null);
        }

        if (value is TreeScalar { IsNull: false } or TreeList)
        {
            // The shortest form: only addresses.
            var isRange = value is TreeScalar { Text: var text } && text.AsSpan().IndexOfAny('-', '/') >= 0;
            return Place(name, ReadAddresses(value, isRange), network: null) is { } placed
                ? placed with { Spec = placed.Spec with { IsRange = isRange } }
                : null;
        }

        if (MapReader.Open(value, $"the host {FaultList.Quote(name.Text)}", faults, Keys) is not { } reader)
        {
            return null;
        }

        var (one, many) = (reader.Node("address"), reader.Node("addresses"));
        if (one is not null && many is not null)
        {
            faults.Error(many, "a host has address or addresses, not both", $"address is for one host, addresses for a range of hosts");
        }

        var network = reader.Scalar("network");
        var draft = one is TreeScalar { Text: Words.Dhcp }
            ? PlaceByDhcp(name, network)
            : Place(name, (one ?? many) is { } node ? ReadAddresses(node, one is null) : null, network);
        if (one is null && many is null)
        {
            faults.Error(
                name, $"{Owner(name)} has no address", $"write address: 198.18.0.10, or addresses: 198.18.0.10-198.18.0.99 for a range");
        }

        var spec = ReadConduct(reader, new HostSpec
        {
            Name = name.Text,
            Network = draft?.Spec.Network ?? "",
            Addresses = [],
            IsRange = one is null,
        });
        return draft is null ? null : draft with { Spec = spec };
    }

    private HostSpec ReadConduct(MapReader reader, HostSpec spec)
    {
        var personality = reader.Scalar("personality");
        if (personality is not null && !Words.Personalities.Contains(personality.Text, StringComparer.Ordinal))
        {
            faults.Unknown(personality, "no personality is named", personality.Text, [.. Words.Personalities]);
        }

        var all = reader.Node("default") is { } node ? PolicyReader.Read(node, Both, faults) : null;
        return spec with
        {
            Personality = personality?.Text ?? "linux",
            EphemeralPorts = reader.Scalar("ephemeral-ports") is { } range ? PortText.ReadRange(range, faults) : null,
            AnswersPing = reader.Flag("ping", usual: true),
            IcmpErrorsPerSecond = reader.Number("icmp-rate", 0, 1_000_000, 0),
            DefaultTcp = (reader.Node("default-tcp") is { } tcp ? PolicyReader.Read(tcp, [TransportProtocol.Tcp], faults) : null)
                ?? all ?? PortPolicy.Closed,
            DefaultUdp = (reader.Node("default-udp") is { } udp ? PolicyReader.Read(udp, [TransportProtocol.Udp], faults) : null)
                ?? all ?? PortPolicy.Closed,
            Ports = reader.Node("ports") is { } ports ? _ports.Read(ports) : [],
            Names = ReadNames(reader, spec.IsRange),
        };
    }

    private List<string> ReadNames(MapReader reader, bool isRange)
    {
        var more = new List<string>();
        if (reader.Node("names") is not { } node)
        {
            return more;
        }

        if (isRange)
        {
            faults.Error(node, "a range of hosts has no names of its own", $"its hosts are named with their number: pc-1");
        }

        more.AddRange(MapReader.OneOrMore(node, "a name", faults).Where(n => names.TakeDotted(n, "a name of a host")).Select(n => n.Text));
        return more;
    }

    // Ranges, and for a single host one address of each family.
    private List<(AddressRange Range, bool IsPrefix, TreeScalar At)> ReadAddresses(TreeNode node, bool isRange)
    {
        var addresses = new List<(AddressRange Range, bool IsPrefix, TreeScalar At)>();
        foreach (var scalar in MapReader.OneOrMore(node, isRange ? "addresses" : "address", faults))
        {
            if (AddressReader.ReadRange(scalar, faults) is not ({ } range, var isPrefix))
            {
                continue;
            }

            if (!isRange && (isPrefix || range.First != range.Last))
            {
                faults.Error(scalar, $"{FaultList.Quote(scalar.Text)} is more than one address", $"write addresses: for a range of hosts");
            }
            else if (!isRange && addresses.Any(a => a.Range.First.IsIPv4 == range.First.IsIPv4))
            {
                faults.Error(
                    scalar, $"a host has one {AddressReader.Family(range.First)} address", $"write addresses: for a range of hosts");
            }
            else
            {
                addresses.Add((range, isPrefix, scalar));
            }
        }

        return addresses;
    }

    private Draft? Place(TreeScalar name, List<(AddressRange Range, bool IsPrefix, TreeScalar At)>? addresses, TreeScalar? network)
    {
        NetworkSpec? place = null;
        if (network is not null && !networks.TryFind(network.Text, out place))
        {
            faults.Unknown(network, "no network is named", network.Text, networks.Names);
            return null;
        }

        var inside = new List<(AddressRange Range, bool IsPrefix, TreeScalar At)>();
        foreach (var (range, isPrefix, at) in addresses ?? [])
        {
            place ??= networks.Of(range.First);
            if (place is null)
            {
                faults.Error(at, $"{range.First} is in no network", $"add a network that has it to networks");
                return null;
            }

            if (isPrefix && ++_prefixes > MostPrefixes)
            {
                faults.Error(at, "more than 1,000 ranges are written as prefixes", $"write this one as FIRST-LAST");
                return null;
            }

            var trimmed = isPrefix ? Trim(range, place) : range;
            if (AddressReader.IsIn(at, trimmed, place, faults))
            {
                inside.Add((trimmed, isPrefix, at));
                if (!isPrefix)
                {
                    ledger.Take(Owner(name), place.Name, trimmed, at);
                }
            }
        }

        return inside.Count == 0 ? null : new Draft(name, new HostSpec { Name = name.Text, Network = place!.Name, Addresses = [] }, inside);
    }

    // A host that asks for its address is in a network all the same.
    private Draft? PlaceByDhcp(TreeScalar name, TreeScalar? network)
    {
        NetworkSpec? place;
        if (network is not null)
        {
            if (!networks.TryFind(network.Text, out place))
            {
                faults.Unknown(network, "no network is named", network.Text, networks.Names);
                return null;
            }
        }
        else if (networks.All is not [var only])
        {
            faults.Error(name, $"{Owner(name)} asks for its address, but in which network?", $"write network: NAME beside address: dhcp");
            return null;
        }
        else
        {
            place = only;
        }

        if (place.Ipv4 is null)
        {
            faults.Error(
                name, $"{Owner(name)} asks for an IPv4 address, of which the network {FaultList.Quote(place.Name)} has no prefix",
                $"add an IPv4 prefix to the network");
            return null;
        }

        return new Draft(name, new HostSpec { Name = name.Text, Network = place.Name, Addresses = [] }, []);
    }

    // A prefix may begin with the network's own address and end with its broadcast address, which no host has.
    private static AddressRange Trim(AddressRange range, NetworkSpec network)
    {
        if (NetworkIndex.PrefixOf(network, range.First.IsIPv4) is not { } prefix || !prefix.Contains(range.First)
            || !prefix.Contains(range.Last))
        {
            return range;
        }

        var usable = AddressRange.OfHosts(prefix);
        var trimmed =
            new AddressRange(range.First < usable.First ? usable.First : range.First, range.Last > usable.Last ? usable.Last : range.Last);
        return trimmed.First <= trimmed.Last ? trimmed : range;
    }

    private void CheckNumberedNames(TreeScalar name, int count)
    {
        foreach (var (taken, at) in names.Numbered(name.Text))
        {
            if (taken <= count)
            {
                faults.Error(
                    at, $"{FaultList.Quote(at.Text)} is a host of the range {FaultList.Quote(name.Text)} already",
                    $"give each its own name");
            }
        }
    }

    private sealed record Draft(TreeScalar Name, HostSpec Spec, List<(AddressRange Range, bool IsPrefix, TreeScalar At)> Addresses);
}
