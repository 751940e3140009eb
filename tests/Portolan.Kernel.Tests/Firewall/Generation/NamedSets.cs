namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Named sets and maps of a table: what kinds there are, and their text.</summary>
internal sealed class NamedSets(Dice dice, AddressPool addresses, PortPool ports, string family)
{
    private readonly List<(string Name, SetKind Kind)> _sets = [];

    /// <summary>The declarations.</summary>
    public List<string> Text { get; } = [];

    /// <summary>Makes some; verdict maps jump to <paramref name="leaf"/>, which uses none of them.</summary>
    public void Make(int count, string? leaf, Verdicts verdicts)
    {
        for (var i = 0; i < count; i++)
        {
            var kind = (SetKind)dice.Next((int)SetKind.Count);
            var isForOther = (kind.ToString().StartsWith("V6", StringComparison.Ordinal) && family == "ip")
                || (kind.ToString().StartsWith("V4", StringComparison.Ordinal) && family == "ip6");
            if (isForOther)
            {
                continue;
            }

            var name = $"s{i}";
            var elements = Elements(kind, leaf, verdicts);
            var type = Type(kind);
            var word = type.Contains(" : ", StringComparison.Ordinal) ? "map" : "set";
            var list = elements.Count == 0 ? "" : $" elements = {{ {string.Join(", ", elements)} }};";
            Text.Add($"{word} {name} {{ type {type}{list} }}");
            _sets.Add((name, kind));
        }
    }

    /// <summary>A set of a kind, or <c>null</c>.</summary>
    public string? Of(SetKind kind)
    {
        var fitting = _sets.Where(s => s.Kind == kind).Select(s => s.Name).ToArray();
        return fitting.Length == 0 ? null : dice.Of<string>(fitting);
    }

    private List<string> Elements(SetKind kind, string? leaf, Verdicts verdicts)
    {
        var count = dice.Percent(5) ? 0 : dice.Between(1, 6);
        var list = kind switch
        {
            SetKind.V4 => Addresses(true, count, false),
            SetKind.V6 => Addresses(false, count, false),
            SetKind.V4Interval => Addresses(true, count, true),
            SetKind.V6Interval => Addresses(false, count, true),
            SetKind.V4Timeout => [.. Addresses(true, count, false).Select(a => dice.Percent(50) ? a + " timeout 2h" : a)],
            SetKind.V4Filled or SetKind.PortFilled => [],
            SetKind.Port => [.. ports.Disjoint(count).Select(p => $"{p.First}").Distinct()],
            SetKind.PortInterval => [.. ports.Disjoint(count).Select(PortPool.Text)],
            SetKind.V4Port => Pairs(true, count, false),
            SetKind.V4PortInterval => Pairs(true, Math.Min(count, 3), true),
            SetKind.V6PortInterval => Pairs(false, Math.Min(count, 3), true),
            SetKind.InterfaceName => dice.Percent(50) ? ["\"eth0\""] : ["\"eth1\"", "\"lo\""],
            SetKind.ProtocolPort => [.. ports.Disjoint(count).Select(p => $"{dice.Of("tcp", "udp")} . {p.First}").Distinct()],
            SetKind.PortVerdict => [.. ports.Disjoint(count).Select(p => $"{PortPool.Text(p)} : {verdicts.Plain(leaf)}")],
            SetKind.V4Verdict => [.. Addresses(true, count, true).Select(a => $"{a} : {verdicts.Plain(leaf)}")],
            SetKind.V6Verdict => [.. Addresses(false, count, true).Select(a => $"{a} : {verdicts.Plain(leaf)}")],
            SetKind.PortMark => [.. ports.Disjoint(count).Select(p => $"{p.First} : {dice.Between(1, 5)}")],
            SetKind.V4Target =>
                [.. ports.Disjoint(count).Select(p => $"{p.First} : {(dice.Percent(50) ? addresses.Behind(true) : addresses.Own(true))}")],
            _ => throw new InvalidOperationException(),
        };
        if (kind is SetKind.PortVerdict or SetKind.V4Verdict or SetKind.V6Verdict && dice.Percent(25))
        {
            list.Add($"* : {verdicts.Plain(leaf)}");
        }

        return list;
    }

    private static string Type(SetKind kind) => kind switch
    {
        SetKind.V4 => "ipv4_addr;",
        SetKind.V6 => "ipv6_addr;",
        SetKind.V4Interval => "ipv4_addr; flags interval;",
        SetKind.V6Interval => "ipv6_addr; flags interval;",
        SetKind.V4Timeout => "ipv4_addr; flags timeout; timeout 1h;",
        SetKind.V4Filled => "ipv4_addr; flags dynamic,timeout; timeout 1h; size 4096;",
        SetKind.PortFilled => "inet_service; flags dynamic,timeout; timeout 1h; size 4096;",
        SetKind.Port => "inet_service;",
        SetKind.PortInterval => "inet_service; flags interval;",
        SetKind.V4Port => "ipv4_addr . inet_service;",
        SetKind.V4PortInterval => "ipv4_addr . inet_service; flags interval;",
        SetKind.V6PortInterval => "ipv6_addr . inet_service; flags interval;",
        SetKind.InterfaceName => "ifname;",
        SetKind.ProtocolPort => "inet_proto . inet_service;",
        SetKind.PortVerdict => "inet_service : verdict; flags interval;",
        SetKind.V4Verdict => "ipv4_addr : verdict; flags interval;",
        SetKind.V6Verdict => "ipv6_addr : verdict; flags interval;",
        SetKind.PortMark => "inet_service : mark;",
        SetKind.V4Target => "inet_service : ipv4_addr;",
        _ => throw new InvalidOperationException(),
    };

    private List<string> Addresses(bool is4, int count, bool isInterval) =>
        [.. addresses.Disjoint(is4, dice.Percent(75), count).Select(i => AddressPool.Text(isInterval ? i : (i.First, i.First), is4))
            .Distinct()];

    private List<string> Pairs(bool is4, int count, bool isInterval)
    {
        // Disjoint in the addresses, so that no two overlap.
        var networks = addresses.Disjoint(is4, true, count);
        return [.. networks.Select(
            n => $"{AddressPool.Text(isInterval ? n : (n.First, n.First), is4)} . "
                + $"{(isInterval ? PortPool.Text(ports.Interval()) : ports.Port())}").Distinct()];
    }
}

/// <summary>Kinds of named sets.</summary>
internal enum SetKind
{
    V4,
    V6,
    V4Interval,
    V6Interval,
    V4Timeout,
    V4Filled,
    PortFilled,
    Port,
    PortInterval,
    V4Port,
    V4PortInterval,
    V6PortInterval,
    InterfaceName,
    ProtocolPort,
    PortVerdict,
    V4Verdict,
    V6Verdict,
    PortMark,
    V4Target,
    Count,
}
