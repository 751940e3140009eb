using System.Globalization;
using System.Text;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>Makes rulesets that tell ports apart: many ports, in every way that rules name them.</summary>
internal sealed class PortRulesGenerator(Dice dice)
{
    private readonly int _ports = dice.Of(5, 40, 1000, 65_535);

    public string Make()
    {
        var text = new StringBuilder("table inet t {\n");
        text.Append("set s { type inet_service; flags interval; elements = { ")
            .Append(Distinct(static (first, _) => $"{first}")).Append(" } }\n");
        text.Append("set k { type ipv4_addr . inet_service; elements = { ")
            .Append(Distinct((first, _) => $"{Address()} . {first}")).Append(" } }\n");
        text.Append("map p { type inet_service : inet_service; elements = { ")
            .Append(Distinct((first, _) => $"{first} : {Port()}")).Append(" } }\n");
        text.Append("chain c {\n").Append(Rules(3, "return")).Append("}\n");
        if (dice.Percent(50))
        {
            text.Append("chain pre { type nat hook prerouting priority dstnat;\n").Append(Translations()).Append("}\n");
        }

        text.Append(CultureInfo.InvariantCulture, $"chain in {{ type filter hook input priority 0; policy {dice.Of("accept", "drop")};\n");
        text.Append(Rules(dice.Of(3, 10, 90), "jump c")).Append("}\n");
        if (dice.Percent(30))
        {
            text.Append("chain onward { type filter hook forward priority 0; policy drop;\n").Append(Rules(4, "accept")).Append("}\n");
        }

        if (dice.Percent(30))
        {
            text.Append("chain out { type filter hook output priority 0; policy accept;\n")
                .Append(Rules(4, "drop").Replace("dport", "sport", StringComparison.Ordinal)).Append("}\n");
        }

        return text.Append("}\n").ToString();
    }

    private string Rules(int count, string extra)
    {
        var text = new StringBuilder();
        for (var i = 0; i < count; i++)
        {
            text.Append(dice.Percent(25) ? $"ip saddr {Address()} " : dice.Percent(10) ? "iifname \"eth1\" " : "");
            text.Append(Match()).Append(' ');
            text.Append(dice.Percent(5) ? "limit rate 3/second " : dice.Percent(5) ? "ct state new " : "");
            text.Append(dice.Of("accept", "accept", "drop", "reject", extra)).Append('\n');
        }

        return text.ToString();
    }

    private string Match()
    {
        var protocol = dice.Of("tcp", "tcp", "udp", "meta l4proto { tcp, udp } th");
        return dice.Next(12) switch
        {
            < 4 => $"{protocol} dport {Port()}",
            < 6 => $"{protocol} dport {Range()}",
            6 => $"{protocol} dport {{ {Distinct(static (first, last) => $"{first}-{last}")} }}",
            7 => $"{protocol} dport @s",
            8 => $"{protocol} dport != {Range()}",
            9 => $"ip saddr . {dice.Of("tcp", "udp")} dport @k",
            10 => $"{protocol} dport & {dice.Of(1, 7, 0xff00, 0xf0)} == {dice.Of(0, 1)}",
            _ => $"meta l4proto {dice.Of("tcp", "udp")} ct original proto-dst {Port()}",
        };
    }

    private string Translations()
    {
        var text = new StringBuilder();
        for (var i = dice.Between(1, 4); i > 0; i--)
        {
            text.Append(dice.Next(5) switch
            {
                0 => $"tcp dport {Port()} redirect to :{Port()}\n",
                1 => $"tcp dport {Range()} redirect to :{Range()}\n",
                2 => "meta l4proto tcp redirect to :tcp dport map @p\n",
                3 => $"tcp dport {Range()} dnat ip to 198.18.2.2:{Port()}\n",
                _ => $"udp dport {Port()} dnat ip to 198.18.2.2\n",
            });
        }

        return text.ToString();
    }

    private int Port() => dice.Between(1, _ports);

    private string Range()
    {
        var first = Port();
        return $"{first}-{Math.Min(65_535, first + 1 + dice.Next(_ports))}";
    }

    private string Address() => dice.Of("198.18.0.7", "198.18.0.9", "10.1.2.3", "203.0.113.5");

    private string Distinct(Func<int, int, string> element)
    {
        var text = new List<string>();
        for (var at = dice.Between(1, 4); at < _ports && text.Count < 6; at += dice.Between(3, 2 + (_ports / 3)))
        {
            text.Add(element(at, at + 1));
        }

        return string.Join(", ", text.Count > 0 ? text : [element(1, 2)]);
    }
}
