namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Writes whole rules of a chain.</summary>
internal sealed class RuleWriter(
    Dice dice, AddressPool addresses, PortPool ports, NamedSets sets, string family, string hook, bool isNat, string[] targets,
    bool mayUseMaps)
{
    private readonly MatchWriter _match = new(dice, addresses, ports, sets, family, hook);
    private readonly Verdicts _verdicts = new(dice);

    private bool MayReject => hook is "prerouting" or "input" or "forward" or "output" && !isNat;

    /// <summary>One rule.</summary>
    public string Rule()
    {
        var about = _match.Choose();
        var rule = isNat && dice.Percent(65) ? Translation(about) : dice.Percent(14) && !isNat ? VerdictMap(about) : Plain(about);
        return dice.Percent(4) ? rule + $" comment \"rule {dice.Next(100)}\"" : rule;
    }

    private string Plain(MatchWriter.Subject about)
    {
        var tests = _match.Tests(about, dice.Of(0, 1, 1, 1, 2, 2, 3));
        var parts = new List<string>(tests);
        var statement = dice.Weighted(
            (70, () => ""),
            (12, () => "counter"),
            (4, () => "log prefix \"r \""),
            (6, () => "limit rate 1000000/second burst 1000 packets"),
            (2, () => "limit rate over 1000000/second burst 1000 packets"),
            (10,
                () => "meta mark set "
                    + dice.Of(
                        "1", "2", "0x3", "meta mark | 0x4", "meta mark & 0xfffffffe", "meta mark ^ 1", "0", "meta mark << 1",
                        "meta mark >> 1")),
            (MayTrack ? 4 : 0, () => "ct mark set " + dice.Of("1", "meta mark", "3")),
            (MayTrack ? 3 : 0, () => "meta mark set ct mark"),
            (about.Transport is "tcp" or "udp" && sets.Of(SetKind.PortMark) is not null ? 12 : 0,
                () => $"meta mark set {about.Transport} dport map @{sets.Of(SetKind.PortMark)}"),
            (about.Transport is "tcp" or "udp" ? 5 : 0,
                () => $"meta mark set {about.Transport} dport map {{ 22 : 1, 80 : 2, 443-8080 : 3 }}"),
            (about.Transport is "tcp" or "udp" && sets.Of(SetKind.PortFilled) is not null ? 25 : 0,
                () => Filling(about, sets.Of(SetKind.PortFilled)!)),
            (about.Is4 == true && sets.Of(SetKind.V4Filled) is not null ? 14 : 0,
                () => $"{dice.Of("add", "update")} @{sets.Of(SetKind.V4Filled)} {{ ip "
                    + $"saddr{dice.Of("", " timeout 1m", " limit rate 1000000/second burst 1000 packets", " counter")} }}"),
            (hook is "prerouting" ? 6 : 0, () => "notrack"));
        if (statement.Length > 0)
        {
            parts.Add(statement);
        }

        // A rule that decides about everything ends the game.
        var isBroad = tests.Count == 0;
        parts.Add(dice.Weighted(
            (isBroad ? 6 : 40, () => "accept"),
            (isBroad ? 2 : 30, () => "drop"),
            (MayReject && !isBroad ? 18 : 0,
                () => _verdicts.Reject(
                    family, about.Is4, about.Transport == "tcp" && tests.Exists(t => t.StartsWith("tcp", StringComparison.Ordinal)))),
            (targets.Length > 0 ? 22 : 0, () => "jump " + dice.Of<string>(targets)),
            (targets.Length > 0 && !isBroad ? 8 : 0, () => "goto " + dice.Of<string>(targets)),
            (isBroad ? 3 : 10, () => "return"),
            (isBroad ? 3 : 4, () => "continue"),
            (parts.Count > 0 ? 12 : 0, () => "")));
        return string.Join(' ', parts.Where(p => p.Length > 0));
    }

    private bool MayTrack => hook is not ("ingress" or "egress");

    // Keyed by the source port, which no two packets share: so one packet does not change the fate of the next.
    private string Filling(MatchWriter.Subject about, string set) => dice.Of("add", "add", "update", "delete") switch
    {
        "delete" => $"delete @{set} {{ {about.Transport} sport }}",
        var word =>
            $"{word} @{set} {{ {about.Transport} sport{dice.Of("", " timeout 1m", " limit rate 1000000/second burst 1000 packets")} }}",
    };

    private string VerdictMap(MatchWriter.Subject about)
    {
        var tests = dice.Percent(40) ? string.Concat(_match.Tests(about, 1).Select(t => t + " ")) : "";
        string? Target() => targets.Length > 0 ? dice.Of<string>(targets) : null;
        string Entries(IEnumerable<string> keys) =>
            "{ " + string.Join(", ", keys.Distinct().Select(k => $"{k} : {_verdicts.Plain(Target())}"))
                + (dice.Percent(20) ? $", * : {_verdicts.Plain(Target())}" : "") + " }";
        string NoRest(IEnumerable<string> keys) =>
            "{ " + string.Join(", ", keys.Distinct().Select(k => $"{k} : {_verdicts.Plain(Target())}")) + " }";
        var hasPorts = about.Transport is "tcp" or "udp";
        var is4 = about.Is4 == true;
        var word = is4 ? "ip" : "ip6";
        var portMap = mayUseMaps ? sets.Of(SetKind.PortVerdict) : null;
        var addressMap = mayUseMaps ? sets.Of(is4 ? SetKind.V4Verdict : SetKind.V6Verdict) : null;
        return tests + dice.Weighted(
            (hasPorts ? 30 : 0, () => $"{about.Transport} dport vmap {Entries(ports.Disjoint(dice.Between(1, 4)).Select(PortPool.Text))}"),
            (hasPorts && portMap is not null ? 40 : 0, () => $"{about.Transport} dport vmap @{portMap}"),
            (about.Is4 is null ? 0 : 25,
                () => $"{word} saddr vmap "
                    + $"{Entries(addresses.Disjoint(is4, true, dice.Between(1, 4)).Select(i => AddressPool.Text(i, is4)))}"),
            (about.Is4 is null || addressMap is null ? 0 : 30, () => $"{word} saddr vmap @{addressMap}"),
            (hasPorts && about.Is4 is not null ? 10 : 0,
                () => $"{word} saddr . {about.Transport} dport vmap {NoRest(addresses.Disjoint(is4, true, 2).Select(i => $"{AddressPool.Text(i, is4)} . {PortPool.Text(ports.Interval())}"))}"),
            (MayTrack ? 20 : 0,
                () => "ct state vmap "
                    + NoRest(dice.Of<string[]>(["established", "related", "invalid"], ["new", "established"], ["invalid", "untracked"]))),
            (12, () => "iifname vmap " + NoRest(dice.Of<string[]>(["\"eth0\""], ["\"eth0\"", "\"eth1\""], ["\"lo\"", "\"eth1\""]))),
            (about.Transport.Length == 0 ? 10 : 0, () => "meta l4proto vmap " + NoRest(["tcp", "udp"])),
            (about.Transport == "icmp" ? 10 : 0, () => "icmp type vmap " + NoRest(["echo-request", "echo-reply"])),
            (8, () => "meta mark vmap " + Entries(["1", "2"])));
    }

    private string Translation(MatchWriter.Subject about)
    {
        var tests = string.Concat(_match.Tests(about, dice.Of(0, 1, 1, 2)).Select(t => t + " "));
        var hasPorts = about.Transport is "tcp" or "udp" && tests.Contains(about.Transport + " ", StringComparison.Ordinal);
        var is4 = about.Is4 ?? dice.Percent(50);
        var kind = family == "inet" ? (is4 ? " ip" : " ip6") : "";
        var map = sets.Of(SetKind.V4Target);
        string Target() =>
            (dice.Next(10) switch { < 5 => addresses.Behind(is4), < 8 => addresses.Own(is4), _ => addresses.Outsider(is4) }).ToString();
        string WithPort(string address, string port) => is4 ? $"{address}:{port}" : $"[{address}]:{port}";
        if (hook is "postrouting" or "input")
        {
            return tests + dice.Weighted(
                (hook == "postrouting" ? 30 : 0, () => "masquerade"),
                (30, () => $"snat{kind} to {(is4 ? "198.18.2.1" : "2001:db8:2::1")}"),
                (hasPorts ? 10 : 0, () => $"snat{kind} to {WithPort(is4 ? "198.18.2.1" : "2001:db8:2::1", "20000-30000")}"),
                (10, () => "accept"));
        }

        return tests + dice.Weighted(
            (30, () => $"dnat{kind} to {Target()}"),
            (hasPorts ? 25 : 0, () => $"dnat{kind} to {WithPort(Target(), $"{ports.Port()}")}"),
            (hasPorts ? 18 : 0, () => $"redirect to :{ports.Port()}"),
            (hasPorts && family != "inet" ? 6 : 0, () => $"dnat to :{ports.Port()}"),
            (10, () => "redirect"),
            (hasPorts && is4 ? 10 : 0,
                () => $"dnat{kind} to {about.Transport} dport map {{ 80 : {Target()}, 443 : {Target()}, 1000-9000 : {Target()} }}"),
            (hasPorts && is4 && map is not null ? 20 : 0, () => $"dnat{kind} to {about.Transport} dport map @{map}"),
            (hasPorts && is4 ? 5 : 0,
                () => $"dnat{kind} to {about.Transport} dport map {{ 80 : {Target()} . 8080, 22 : {Target()} . 80 }}"),
            (6, () => "accept"),
            (4, () => "return"));
    }
}
