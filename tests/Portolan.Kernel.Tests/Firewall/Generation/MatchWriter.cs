namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>
/// Writes the tests of rules. What a rule is about (family, protocol) is chosen once, so that its tests do not contradict.
/// </summary>
internal sealed class MatchWriter(Dice dice, AddressPool addresses, PortPool ports, NamedSets sets, string family, string hook)
{
    /// <summary>What a rule is about.</summary>
    /// <param name="Is4">IPv4, IPv6, or either.</param>
    /// <param name="Transport"><c>tcp</c>, <c>udp</c>, <c>th</c>, <c>icmp</c>, <c>icmpv6</c>, or empty.</param>
    internal readonly record struct Subject(bool? Is4, string Transport);

    // The chains at devices are outside of connection tracking and routing.
    private bool HasTracking => hook is not ("ingress" or "egress");

    public Subject Choose()
    {
        bool? is4 = family switch
        {
            "ip" => true,
            "ip6" => false,
            _ => dice.Percent(45) ? true : dice.Percent(60) ? false : null,
        };
        var transport = dice.Of("tcp", "tcp", "tcp", "udp", "th", "", "", is4 switch { true => "icmp", false => "icmpv6", null => "" });
        return new(is4, transport);
    }

    /// <summary>So many tests of one rule.</summary>
    public List<string> Tests(Subject about, int count)
    {
        var tests = new List<string>();
        for (var i = 0; i < count; i++)
        {
            tests.Add(dice.Weighted(
                (about.Is4 is null ? 0 : 40, () => Network(about)),
                (about.Transport.Length == 0 ? 0 : 40, () => Transport(about)),
                (30, () => Fact(about))));
        }

        return tests;
    }

    private string Network(Subject about)
    {
        var is4 = about.Is4 == true;
        var word = is4 ? "ip" : "ip6";
        var isSource = dice.Percent(75);
        var side = isSource ? "saddr" : "daddr";
        string One() => AddressPool.Text(addresses.Interval(is4, isSource), is4);
        string Many() =>
            "{ " + string.Join(", ", addresses.Disjoint(is4, isSource, dice.Between(2, 5)).Select(i => AddressPool.Text(i, is4))) + " }";
        var named = sets.Of(dice.Of(
            is4 ? SetKind.V4Interval : SetKind.V6Interval, is4 ? SetKind.V4 : SetKind.V6, is4 ? SetKind.V4Timeout : SetKind.V6));
        var pair = sets.Of(is4 ? dice.Of(SetKind.V4Port, SetKind.V4PortInterval) : SetKind.V6PortInterval);
        var hasPorts = about.Transport is "tcp" or "udp";
        return dice.Weighted(
            (30, () => $"{word} {side} {One()}"),
            (12, () => $"{word} {side} != {One()}"),
            (15, () => $"{word} {side} {Many()}"),
            (6, () => $"{word} {side} != {Many()}"),
            (named is null ? 0 : 25, () => $"{word} {side} {(dice.Percent(25) ? "!= " : "")}@{named}"),
            (pair is null || !hasPorts ? 0 : 25, () => $"{word} saddr . {about.Transport} dport {(dice.Percent(20) ? "!= " : "")}@{pair}"),
            (hasPorts ? 8 : 0, () => $"{word} saddr . {about.Transport} dport {{ {One()} . {PortPool.Text(ports.Interval())} }}"),
            (5, () => $"{word} saddr . {word} daddr {{ {One()} . {AddressPool.Text(addresses.Interval(is4, false), is4)} }}"),
            (4, () => $"iifname . {word} saddr {{ \"eth{dice.Next(2)}\" . {AddressPool.Text(Single(is4), is4)} }}"),
            (is4 ? 4 : 0, () => $"ip {side} & 255.255.255.0 {dice.Of("==", "!=")} {dice.Of("203.0.113.0", "198.18.0.0", "198.18.1.0")}"),
            (is4 ? 2 : 0, () => $"ip saddr & 0.0.0.255 == {dice.Of("0.0.0.7", "0.0.0.9", "0.0.0.1")}"),
            (is4 ? 0 : 4, () => $"ip6 {side} & ffff:ffff:ffff:: {dice.Of("==", "!=")} {dice.Of("2001:db8::", "2001:db8:1::")}"),
            (is4 ? 2 : 0, () => dice.Of("@nh,96,32 0xcb007107", "@nh,96,8 0xcb", "@nh,72,8 6", "@nh,128,32 0xc6120002")),
            (is4 || about.Transport.Length > 0 ? 0 : 4, () => $"ip6 nexthdr {dice.Of("tcp", "{ tcp, udp }", "!= udp", "ipv6-icmp")}"),
            (is4 && about.Transport.Length == 0 ? 5 : 0, () => $"ip protocol {dice.Of("tcp", "{ tcp, udp }", "!= tcp", "icmp", "udp")}"),
            (HasTracking ? 3 : 0, () => $"fib daddr type {dice.Of("local", "!= local", "{ local, broadcast }", "unicast")}"));
    }

    private (UInt128, UInt128) Single(bool is4)
    {
        var (first, _) = addresses.Interval(is4, true);
        return (first, first);
    }

    private string Transport(Subject about)
    {
        var word = about.Transport;
        if (word == "icmp")
        {
            return dice.Of(
                "icmp type echo-request", "icmp type { echo-reply, echo-request }", "icmp type != echo-request", "icmp code 0",
                "icmp type destination-unreachable", "meta l4proto icmp", "icmp type . icmp code { echo-request . 0 }");
        }

        if (word == "icmpv6")
        {
            return dice.Of(
                "icmpv6 type echo-request", "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert, nd-router-advert }",
                "icmpv6 type != echo-request", "icmpv6 code 0", "meta l4proto ipv6-icmp",
                "icmpv6 type { echo-request, nd-neighbor-solicit }");
        }

        var isNamedPort = sets.Of(dice.Of(SetKind.Port, SetKind.PortInterval));
        var protocolPort = sets.Of(SetKind.ProtocolPort);
        var many = () => "{ " + string.Join(", ", ports.Disjoint(dice.Between(2, 5)).Select(PortPool.Text)) + " }";
        return dice.Weighted(
            (30, () => $"{word} dport {PortPool.Text(ports.Interval())}"),
            (8, () => $"{word} dport != {PortPool.Text(ports.Interval())}"),
            (20, () => $"{word} dport {many()}"),
            (4, () => $"{word} dport != {many()}"),
            (isNamedPort is null ? 0 : 18, () => $"{word} dport {(dice.Percent(20) ? "!= " : "")}@{isNamedPort}"),
            (sets.Of(SetKind.PortFilled) is not null && word != "th" ? 20 : 0,
                () => $"{word} sport {(dice.Percent(25) ? "!= " : "")}@{sets.Of(SetKind.PortFilled)}"),
            (6, () => $"{word} sport {dice.Of("1024-30000", "!= 1024-65535", "{ 1-1023, 40000-65535 }", "< 20000", ">= 5000")}"),
            (4, () => $"{word} dport {dice.Of("<", ">", "<=", ">=")} {ports.Port()}"),
            (3, () => $"{word} dport & {dice.Of("1 == 1", "1 == 0", "0xff00 == 0")}"),
            (word == "th" ? 10 : 0, () => dice.Of("meta l4proto { tcp, udp }", "meta l4proto tcp", "meta l4proto != udp")),
            (word == "th" && protocolPort is not null ? 30 : 0, () => $"meta l4proto . th dport @{protocolPort}"),
            (word == "th" ? 8 : 0, () => $"meta l4proto . th dport {{ tcp . {ports.Port()}, udp . {ports.Port()} }}"),
            (word == "th" ? 5 : 0, () => $"@th,16,16 {dice.Of("80", "53", "22")}"),
            (word == "tcp" ? 22 : 0, () => "tcp flags " + dice.Of(
                "syn", "syn,ack", "& (fin|syn|rst|ack) == syn", "syn / fin,syn,rst,ack", "!= syn", "{ syn, ack }", "& (syn|rst) == 0",
                "== syn", "& syn != 0", "! syn", "fin,psh,urg", "& (syn|ack) == syn|ack")));
    }

    private string Fact(Subject about)
    {
        var inside = hook is "forward" or "output" or "postrouting" or "egress";
        var hasInput = hook is "prerouting" or "input" or "forward" or "ingress" or "";
        var name = sets.Of(SetKind.InterfaceName);
        return dice.Weighted(
            (HasTracking ? 25 : 0,
                () => "ct state "
                    + dice.Of(
                        "new", "established,related", "established", "invalid", "!= new", "{ new, established }",
                        "{ established, related }", "!= { invalid }", "untracked", "new,untracked", "! established", "invalid,untracked")),
            (HasTracking ? 5 : 0, () => "ct status " + dice.Of("dnat", "snat", "! dnat", "seen-reply", "confirmed", "! assured")),
            (HasTracking ? 3 : 0, () => "ct direction " + dice.Of("original", "reply", "!= reply")),
            (HasTracking ? 2 : 0, () => "ct mark " + dice.Of("0", "!= 1", "1-4")),
            (14,
                () => "iifname "
                    + dice.Of(
                        "\"eth0\"", "\"eth1\"", "!= \"eth0\"", "\"eth*\"", "{ \"eth0\", \"lo\" }", "!= { \"eth1\", \"wg0\" }", "\"wg0\"",
                        "\"e*\"", "!= \"eth*\"")),
            (name is null ? 0 : 10, () => $"iifname {(dice.Percent(25) ? "!= " : "")}@{name}"),
            (8, () => "iif " + dice.Of("\"eth0\"", "\"eth1\"", "!= \"eth1\"", "{ \"eth0\", \"lo\" }", "\"lo\"")),
            (4, () => dice.Of("iifgroup 7", "iifgroup default", "iifgroup != 7", "iiftype ether", "iiftype loopback")),
            (inside ? 14 : 2,
                () => dice.Of(
                    "oifname \"eth2\"", "oifname != \"eth2\"", "oifname \"eth*\"", "oif \"eth0\"", "oif != \"eth0\"",
                    "oifname { \"eth1\", \"eth2\" }")),
            (8, () =>
                dice.Of(
                    "meta mark 0", "meta mark 1", "meta mark != 2", "meta mark & 0xf == 1", "meta mark { 1, 3 }", "meta mark 1-3",
                    "meta mark & 0x4 != 0")),
            (about.Transport.Length == 0 ? 8 : 0,
                () => "meta l4proto " + dice.Of("tcp", "udp", "{ tcp, udp }", "!= tcp", "icmp", "{ icmp, ipv6-icmp }")),
            (family == "inet" && about.Is4 is null ? 4 : 0,
                () => dice.Of("meta nfproto ipv4", "meta nfproto ipv6", "meta nfproto != ipv4", "meta nfproto { ipv4 }")),
            (family is "inet" or "netdev" && about.Is4 is null ? 4 : 0,
                () => dice.Of("meta protocol ip", "meta protocol { ip, ip6 }", "meta protocol != ip", "meta protocol ip6")),
            (3, () => "meta pkttype " + dice.Of("host", "!= host", "{ broadcast, multicast }", "broadcast")),
            (hasInput && HasTracking && hook.Length > 0 && about.Is4 is not null ? 5 : 0,
                () => "fib saddr "
                    + dice.Of(
                        ". iif oif missing", ". iif oif exists", "oif \"eth0\"", ". iif oif \"eth1\"", "oifname \"eth1\"", "type local",
                        "type unicast", ". iif oif 0")),
            (HasTracking && hook.Length > 0 && about.Is4 is not null ? 4 : 0,
                () => "fib daddr " + dice.Of("type local", "type != local", "type { local, multicast, broadcast }", "type unicast")),
            (hook is "prerouting" or "input" && about.Is4 is not null ? 2 : 0,
                () => "fib daddr . iif type " + dice.Of("local", "!= local")));
    }
}
