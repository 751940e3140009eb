using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>The rules of a case as a table of nft.</summary>
internal sealed class NftFixRules(FixCase made, Dice dice)
{
    private readonly List<string> _chains = [];
    private readonly List<string> _list = made.Some(dice, 1, 2);
    private readonly string _port = string.Create(CultureInfo.InvariantCulture, $"{made.Protocol} dport {made.SeenPort}");
    private readonly string _saddr = made.IsIPv4 ? "ip saddr" : "ip6 saddr";
    private readonly string _reset = made.IsUdp ? "reject" : "reject with tcp reset";
    private readonly string _low = made.IsIPv4 ? "198.18.0.0/28" : "2001:db8::/124";
    private readonly string _high = made.IsIPv4 ? "198.18.0.24/30" : "2001:db8::18/126";

    public string Text()
    {
        var rules = new List<string>();
        for (var i = dice.Between(2, 6); i > 0; i--)
        {
            rules.Add(Rule());
        }

        var tail = dice.Of("", "", _reset, "counter drop", "reject");
        var (inside, family) = made.IsIPv4 ? (FixCase.Inside, "ip") : ($"[{FixCase.InsideIPv6}]", "ip6");
        var publish = made.IsPublished
            ? string.Create(
                CultureInfo.InvariantCulture,
                $"chain publish {{ type nat hook prerouting priority {made.Port - FixCase.FirstPort - 150}; {made.Protocol} dport "
                    + $"{made.Port} dnat {family} to {inside}:{made.SeenPort}\n}}")
            : "";
        return string.Create(CultureInfo.InvariantCulture, $$"""
            table inet case{{made.Port}} {
            set banned { type {{(made.IsIPv4 ? "ipv4_addr" : "ipv6_addr")}}; elements = { {{string.Join(", ", _list)}} }
            }
            chain f2b-any {
            {{_saddr}} {{_list[0]}} reject
            return
            }
            chain log_drop {
            counter drop
            }
            {{string.Join('\n', _chains)}}
            {{publish}}
            chain in { type filter hook {{(made.IsPublished ? "forward" : "input")}} priority {{made.Port - FixCase.FirstPort - 12}}; policy {{(made.HasPolicyDrop ? "drop" : "accept")}};
            meta l4proto != {{made.Protocol}} accept
            {{made.Protocol}} dport != {{made.SeenPort}} {{(made.IsPublished ? $"{made.Protocol} sport != {made.SeenPort} " : "")}}accept
            ct state established,related accept
            {{string.Join('\n', rules)}}
            {{tail}}
            }
            }

            """);
    }

    private string Rule() => dice.Weighted(
        (14,
            () => made.Ban(
                _list,
                dice.Of(
                    $"{_saddr} @banned drop", $"{_port} {_saddr} @banned drop",
                    $"{_saddr} @banned {(made.IsUdp ? "reject" : "meta l4proto tcp reject with tcp reset")}",
                    $"{_saddr} @banned jump log_drop", $"{_saddr} @banned goto log_drop"))),
        (6, () => One(sender => made.Ban([sender], $"{_saddr} {sender} drop"))),
        (6, () => made.Ban([_list[0]], dice.Of("jump f2b-any", $"{_port} jump f2b-any"))),
        (6, () => $"{_port} ct state new limit rate over 1000/second burst 1000 packets drop"),
        (4, () => "fib saddr . iif oif missing drop"),
        (4, () => "ct state invalid drop"),
        (10, () => made.Some(dice, 1, 3) is var some ? made.LetIn(some, $"{_port} {_saddr} {{ {string.Join(", ", some)} }} accept") : ""),
        (8, () => $"{_port} {dice.Of("drop", _reset, "counter drop", "jump log_drop", "log drop")}"),
        (8, () => $"{made.Protocol} dport {{ {made.SeenPort}, 9 }} {_saddr} {_high} {dice.Of("drop", "reject")}"),
        (6, () => $"{_port} {_saddr} != {_low} drop"),
        (6, () => $"iifname eth0 {_port} {dice.Of("drop", "jump log_drop")}"),
        (8, () =>
            $"{_port} jump {{ {(dice.Percent(40) ? made.Ban([_list[0]], $"{_saddr} {_list[0]} drop; ") : "")}{dice.Next(3) switch { 0 => "drop", 1 => "counter", _ => made.Half([made.Senders[2]], $"{_saddr} {_low} counter; {_saddr} {made.Senders[2]} drop") }}; }}"),
        (10,
            () => Chain($"{(dice.Percent(50) ? made.Ban(_list, $"{_saddr} @banned drop\n") : "")}"
                + $"{dice.Of($"{_saddr} {made.Senders[2]} {_port} drop", "drop", "reject", $"{_saddr} {_low} return\ndrop")}")));

    private string One(Func<string, string> make) => make(dice.Of([.. made.Senders.Skip(1)]));

    private string Chain(string content)
    {
        var name = string.Create(CultureInfo.InvariantCulture, $"sub{_chains.Count}");
        _chains.Add($"chain {name} {{\n{content}\n}}");
        return $"{dice.Of("", _port + " ")}jump {name}";
    }
}
