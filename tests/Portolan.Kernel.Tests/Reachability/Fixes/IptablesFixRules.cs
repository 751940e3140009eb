using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>
/// The rules of a case as lines of iptables-restore(8). The base chain, which the cases share, has them go on in a chain of the case.
/// </summary>
internal sealed class IptablesFixRules(FixCase made, Dice dice)
{
    private readonly List<string> _chains = [];
    private readonly List<string> _lines = [];
    private readonly List<string> _list = made.Some(dice, 1, 2);
    private readonly string _name = string.Create(CultureInfo.InvariantCulture, $"c{made.Port}");
    private readonly string _port = string.Create(CultureInfo.InvariantCulture, $"-p {made.Protocol} --dport {made.SeenPort}");
    private readonly string _reset = made.IsUdp ? "REJECT" : "REJECT --reject-with tcp-reset";
    private readonly string _low = made.IsIPv4 ? "198.18.0.0/28" : "2001:db8::/124";
    private readonly string _high = made.IsIPv4 ? "198.18.0.24/30" : "2001:db8::18/126";

    public string Text()
    {
        made.Sets =
            $"create {_name} hash:ip family {(made.IsIPv4 ? "inet" : "inet6")}\n{string.Concat(_list.Select(s => $"add {_name} {s}\n"))}";
        var rules = new List<string>();
        for (var i = dice.Between(2, 6); i > 0; i--)
        {
            rules.Add(Rule());

            // Nothing for the port comes to what stands behind a goto.
            if (rules[^1].Contains("-g ", StringComparison.Ordinal))
            {
                break;
            }
        }

        if (dice.Of("", "", "", $"{_port} -j {_reset}", "-j DROP", "-j REJECT") is { Length: > 0 } tail)
        {
            rules.Add(tail);
        }

        var (inside, hook) = (made.IsIPv4 ? FixCase.Inside : $"[{FixCase.InsideIPv6}]", made.IsPublished ? "FORWARD" : "INPUT");
        var publish = made.IsPublished
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"nat -A PREROUTING -p {made.Protocol} --dport {made.Port} -j DNAT --to-destination {inside}:{made.SeenPort}\n")
            : "";
        return $$"""
            {{publish}}filter :{{_name}} - [0:0]
            filter :{{_name}}-log - [0:0]
            filter :f2b-{{_name}} - [0:0]
            filter -A {{_name}}-log -j DROP
            filter -A f2b-{{_name}} -s {{_list[0]}} -j REJECT
            filter -A f2b-{{_name}} -j RETURN
            {{string.Concat(_chains.Select(static c => $"filter :{c} - [0:0]\n"))}}{{string.Concat(_lines.Select(static l => $"filter {l}\n"))}}{{string.Concat(rules.Select(r => $"filter -A {_name} {r}\n"))}}filter -A {{hook}} {{_port}} -j {{_name}}

            """;
    }

    private string Rule() => dice.Weighted(
        (14,
            () => made.Ban(
                _list, $"{dice.Of("", _port + " ")}-m set --match-set {_name} src -j {dice.Of("DROP", "REJECT", $"{_name}-log")}")),
        (8, () => One(sender => made.Ban([sender], $"-s {sender} -j DROP"))),
        (6, () => made.Ban([_list[0]], $"{dice.Of("", _port + " ")}-j f2b-{_name}")),
        (4, () =>
            string.Create(
                CultureInfo.InvariantCulture,
                $"{_port} -m hashlimit --hashlimit-above 1000/sec --hashlimit-burst 1000 --hashlimit-name h{made.Port} -j DROP")),
        (3, () => made.IsUdp ? "-m conntrack --ctstate INVALID -j DROP" : "-p tcp -m connlimit --connlimit-above 1000 -j DROP"),
        (4, () => "-m conntrack --ctstate INVALID -j DROP"),
        (10, () => One(sender => made.LetIn([sender], $"{_port} -s {sender} -j ACCEPT"))),
        (10, () => $"{_port} -j {dice.Of("DROP", _reset, "REJECT", $"{_name}-log")}"),
        (8, () => $"-p {made.Protocol} -m multiport --dports 9,{made.SeenPort} -s {_high} -j {dice.Of("DROP", "REJECT")}"),
        (6, () => $"{_port} ! -s {_low} -j DROP"),
        (6, () => $"-i eth0 {_port} -j {dice.Of("DROP", $"{_name}-log")}"),
        (8, Chain));

    private string One(Func<string, string> make) => make(dice.Of([.. made.Senders.Skip(1)]));

    private string Chain()
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"{_name}-{_chains.Count}");
        _chains.Add(name);
        if (dice.Percent(50))
        {
            _lines.Add(made.Ban(_list, $"-A {name} -m set --match-set {_name} src -j DROP"));
        }

        foreach (var rule in dice.Of($"-s {made.Senders[2]} {_port} -j DROP", "-j DROP", "-j REJECT", $"-s {_low} -j RETURN\n-j DROP")
            .Split('\n'))
        {
            _lines.Add($"-A {name} {rule}");
        }

        return $"{dice.Of("", _port + " ")}-{dice.Of("j", "j", "g")} {name}";
    }
}
