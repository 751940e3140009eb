namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads routers: first where they stand, and when all addresses are known their rules and forwards.</summary>
internal sealed class RouterReader(FaultList faults, NameTable names, NetworkIndex networks, AddressLedger ledger)
{
    /// <summary>The most firewall rules of a topology; each with ports has a set of 8 KiB.</summary>
    public const int MostRules = 10_000;

    private readonly List<(TreeScalar Name, MapReader Reader, List<RouterPort> Ports)> _drafts = [];

    /// <summary>Reads the routers' places in networks; anything wrong is a fault.</summary>
    public void Read(MapReader top)
    {
        foreach (var (name, value) in top.Named("routers", "routers: { gateway: { networks: { office: 198.18.0.1 } } }"))
        {
            var isNew = names.Take(name, "a router");
            if (MapReader.Open(value, "a router", faults, "networks", "firewall", "forward") is not { } reader)
            {
                continue;
            }

            var ports = ReadPorts(name, reader);
            if (isNew)
            {
                _drafts.Add((name, reader, ports));
            }
        }
    }

    /// <summary>The routers with their rules.</summary>
    /// <param name="places">What names of networks, routers and hosts stand for.</param>
    public IReadOnlyList<RouterSpec> Finish(PlaceNames places)
    {
        var routers = new List<RouterSpec>();
        var ruleCount = 0;
        foreach (var (name, reader, ports) in _drafts)
        {
            var rules = new List<FirewallRule>();
            var usual = FirewallAction.Allow;
            if (reader.Node("firewall") is { } node && MapReader.Open(node, "a firewall", faults, "default", "rules") is { } firewall)
            {
                usual = firewall.Scalar("default") is { } written ? ReadDefault(written) : usual;
                foreach (var item in firewall.Items("rules"))
                {
                    if (++ruleCount > MostRules)
                    {
                        faults.Error(item, "more than 10,000 firewall rules", $"write ports and networks of one rule together");
                        return routers;
                    }

                    rules.AddRange(MapReader.One(item, "a rule", faults) is { } rule ? RouterPhrases.Read(rule, places, faults) : []);
                }
            }

            routers.Add(new RouterSpec
            {
                Name = name.Text,
                Ports = ports,
                Rules = rules,
                DefaultAction = usual,
                Forwards = ReadForwards(reader, ports, places),
            });
        }

        return routers;
    }

    private List<RouterPort> ReadPorts(TreeScalar name, MapReader reader)
    {
        var ports = new List<RouterPort>();
        var entries = reader.Named("networks", "networks: { office: 198.18.0.1 }");
        if (entries.Count == 0)
        {
            faults.Error(
                name, $"the router {FaultList.Quote(name.Text)} is in no network",
                $"write networks: {{ office: 198.18.0.1 }}; it answers from that address");
        }

        foreach (var (key, value) in entries)
        {
            if (!networks.TryFind(key.Text, out var network))
            {
                faults.Unknown(key, "no network is named", key.Text, networks.Names);
                continue;
            }

            var (ipv4, ipv6) = ReadPair(value, "a router's address", $"the router {FaultList.Quote(name.Text)}", network, faults, ledger);
            if (ipv4 is not null || ipv6 is not null)
            {
                ports.Add(new RouterPort(network.Name, ipv4, ipv6));
            }
        }

        return ports;
    }

    /// <summary>Reads at most one address of each family in a network, and takes them.</summary>
    public static (InternetAddress? Ipv4, InternetAddress? Ipv6) ReadPair(
        TreeNode value, string what, string owner, NetworkSpec network, FaultList faults, AddressLedger ledger)
    {
        InternetAddress? ipv4 = null;
        InternetAddress? ipv6 = null;
        foreach (var scalar in MapReader.OneOrMore(value, what, faults))
        {
            if (AddressReader.Read(scalar, scalar.Text, faults) is not { } address
                || !AddressReader.IsIn(scalar, new AddressRange(address, address), network, faults))
            {
                continue;
            }

            if ((address.IsIPv4 ? ipv4 : ipv6) is not null)
            {
                faults.Error(scalar, $"{owner} has one {AddressReader.Family(address)} address in a network", $"leave one out");
                continue;
            }

            ledger.Take(owner, network.Name, new AddressRange(address, address), scalar);
            if (address.IsIPv4)
            {
                ipv4 = address;
            }
            else
            {
                ipv6 = address;
            }
        }

        return (ipv4, ipv6);
    }

    private FirewallAction ReadDefault(TreeScalar scalar)
    {
        var phrase = new Phrase(scalar);
        return phrase.TakeAction(faults) is { } action && phrase.EndsHere($"write allow, drop, reject or reject with ERROR", faults)
            ? action
            : FirewallAction.Allow;
    }

    private List<RouterForward> ReadForwards(MapReader reader, List<RouterPort> ports, PlaceNames places)
    {
        var forwards = new List<RouterForward>();
        var seen = new HashSet<(TransportProtocol, PortNumber, bool)>();
        foreach (var item in reader.Items("forward"))
        {
            if (MapReader.One(item, "a forward", faults) is not { } scalar
                || RouterPhrases.ReadForward(scalar, places, faults) is not { } forward)
            {
                continue;
            }

            if (!seen.Add((forward.Protocol, forward.Port, forward.Target.IsIPv4)))
            {
                faults.Error(
                    scalar, $"{forward.Port}/{forward.Protocol.Name()} is forwarded twice", $"a port of a router is forwarded to one host");
            }
            else if (!ports.Any(p => (forward.Target.IsIPv4 ? p.Ipv4 : p.Ipv6) is not null))
            {
                faults.Error(
                    scalar, $"the router has no {AddressReader.Family(forward.Target)} address to forward from",
                    $"give it one in a network");
            }

            forwards.Add(forward);
        }

        return forwards;
    }
}
