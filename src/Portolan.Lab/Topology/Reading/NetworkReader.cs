namespace Portolan.Lab.Topology.Reading;

/// <summary>Reads networks: their prefixes and what crossing them is like.</summary>
internal sealed class NetworkReader(FaultList faults, NameTable names)
{
    /// <summary>The keys that say what crossing is like.</summary>
    public static readonly string[] QualityKeys = ["latency", "jitter", "loss", "bandwidth", "mtu"];

    private readonly List<(AddressPrefix Prefix, string Network, TreeScalar At)> _prefixes = [];

    /// <summary>Reads all networks; anything wrong is a fault.</summary>
    public NetworkIndex Read(MapReader top)
    {
        var networks = new List<NetworkSpec>();
        foreach (var (name, value) in top.Named("networks", "networks: { office: 198.18.0.0/24 }"))
        {
            var isNew = names.Take(name, "a network");
            if (ReadOne(name, value) is { } network && isNew)
            {
                networks.Add(network);
            }
        }

        CheckOverlaps();
        return new NetworkIndex(networks);
    }

    /// <summary>Reads what crossing a network or a link is like.</summary>
    public static LinkQuality ReadQuality(MapReader reader, int leastMtu) => new()
    {
        Latency = reader.Duration("latency", TimeSpan.Zero, TimeSpan.Zero),
        Jitter = reader.Duration("jitter", TimeSpan.Zero, TimeSpan.Zero),
        Loss = reader.Share("loss", 0),
        Bandwidth = reader.Bandwidth("bandwidth"),
        Mtu = reader.Number("mtu", leastMtu, 65_535, 1500),
    };

    private NetworkSpec? ReadOne(TreeScalar name, TreeNode value)
    {
        AddressPrefix? ipv4 = null;
        AddressPrefix? ipv6 = null;
        var reader = value is TreeMap ? MapReader.Open(value, "a network", faults, ["prefix", .. QualityKeys]) : null;
        var written = reader is null ? value : reader.Node("prefix");
        if (written is null or TreeScalar { IsNull: true })
        {
            faults.Error(
                name, $"the network {FaultList.Quote(name.Text)} has no prefix",
                $"write prefix: 198.18.0.0/24, or prefix: [198.18.0.0/24, 2001:db8::/64]");
            return null;
        }

        foreach (var scalar in MapReader.OneOrMore(written, "prefix", faults))
        {
            if (ReadPrefix(scalar) is not { } prefix)
            {
                continue;
            }

            if ((prefix.Address.IsIPv4 ? ipv4 : ipv6) is not null)
            {
                faults.Error(
                    scalar, $"the network has two prefixes of {AddressReader.Family(prefix.Address)}",
                    $"it has one of each family at most");
                continue;
            }

            _prefixes.Add((prefix, name.Text, scalar));
            if (prefix.Address.IsIPv4)
            {
                ipv4 = prefix;
            }
            else
            {
                ipv6 = prefix;
            }
        }

        var quality = reader is null ? LinkQuality.Perfect : ReadQuality(reader, ipv6 is null ? 576 : 1280);
        return ipv4 is null && ipv6 is null ? null : new NetworkSpec { Name = name.Text, Ipv4 = ipv4, Ipv6 = ipv6, Quality = quality };
    }

    private AddressPrefix? ReadPrefix(TreeScalar at)
    {
        if (AddressReader.ReadPrefix(at, at.Text, faults) is not { } prefix)
        {
            return null;
        }

        if (!at.Text.Contains('/', StringComparison.Ordinal))
        {
            faults.Error(
                at, $"the length of the network {FaultList.Quote(at.Text)} is missing",
                $"e.g. {AddressPrefix.Of(prefix.Address, prefix.Address.IsIPv4 ? 24 : 64).ToMachineText()}");
            return null;
        }

        var (least, most) = prefix.Address.IsIPv4 ? (8, 31) : (16, 127);
        if (prefix.Length < least || prefix.Length > most)
        {
            faults.Error(
                at, $"{prefix.ToMachineText()} cannot be a network",
                $"the length of {AddressReader.Family(prefix.Address)} is /{least} to /{most}");
            return null;
        }

        if (prefix.Address.IsLoopback || prefix.Address.IsMulticast || prefix.Address.IsLinkLocal
            || prefix.Contains(prefix.Address.IsIPv4 ? InternetAddress.AnyIPv4 : InternetAddress.AnyIPv6)
            || (prefix.Address.IsIPv4 && prefix.Address.IPv4Bits >> 28 == 0xf))
        {
            faults.Error(
                at, $"{prefix.ToMachineText()} has no addresses for hosts",
                $"use 198.18.0.0/15 or 2001:db8::/32, or any other unicast network");
            return null;
        }

        return prefix;
    }

    private void CheckOverlaps()
    {
        (AddressPrefix Prefix, string Network, TreeScalar At)? widest = null;
        foreach (var entry in _prefixes.OrderBy(p => p.Prefix.Address).ThenBy(p => p.Prefix.Length))
        {
            if (widest is { } before && before.Prefix.Contains(entry.Prefix.Address))
            {
                var (first, second) = before.At.Line <= entry.At.Line ? (before, entry) : (entry, before);
                faults.Error(
                    second.At,
                    $"{second.Prefix.ToMachineText()} and {first.Prefix.ToMachineText()} of the network "
                        + $"{FaultList.Quote(first.Network)} overlap", $"give each network addresses of its own");
            }
            else
            {
                widest = entry;
            }
        }
    }
}
