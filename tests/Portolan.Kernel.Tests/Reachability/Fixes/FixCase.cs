using System.Globalization;
using Portolan.Kernel.Tests.Firewall.Generation;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>Rules about one port, of a seed: a table with a chain at input in which bans, limits, checks and rules for the port stand in any order.</summary>
/// <param name="Seed">The seed.</param>
/// <param name="Port">The port. Packets to others pass by.</param>
/// <param name="Text">The table.</param>
/// <param name="Banned">Senders whom some rule bans.</param>
internal sealed record FixCase(int Seed, int Port, string Text, IReadOnlySet<string> Banned)
{
    /// <summary>The addresses of the client.</summary>
    public static IReadOnlyList<string> Senders { get; } = ["198.18.0.1", "198.18.0.11", "198.18.0.12", "198.18.0.13", "198.18.0.24", "198.18.0.25"];

    /// <summary>Makes one.</summary>
    public static FixCase Make(int seed, int port)
    {
        var dice = new Dice(seed);
        var banned = new HashSet<string>(StringComparer.Ordinal);
        var list = Some(dice, 1, 2);
        var chains = new List<string>();
        var rules = new List<string>();
        for (var i = dice.Between(2, 6); i > 0; i--)
        {
            rules.Add(Rule(dice, port, list, banned, chains));
        }

        var tail = dice.Of("", "", "reject with tcp reset", "counter drop", "reject");
        var policy = tail.Length == 0 ? dice.Of("drop", "drop", "accept") : dice.Of("accept", "drop");
        var name = string.Create(CultureInfo.InvariantCulture, $"case{port}");
        var text = $$"""
            table inet {{name}} {
            set banned { type ipv4_addr; elements = { {{string.Join(", ", list)}} }
            }
            chain f2b-any {
            ip saddr {{list[0]}} reject
            return
            }
            chain log_drop {
            counter drop
            }
            {{string.Join('\n', chains)}}
            chain in { type filter hook input priority {{port - 8012}}; policy {{policy}};
            meta l4proto != tcp accept
            tcp dport != {{port}} accept
            ct state established,related accept
            {{string.Join('\n', rules)}}
            {{tail}}
            }
            }

            """;
        return new FixCase(seed, port, text, banned);
    }

    private static string Rule(Dice dice, int port, List<string> list, HashSet<string> banned, List<string> chains)
    {
        return dice.Weighted(
            (14, () => Ban(list, dice.Of("ip saddr @banned drop", $"tcp dport {port} ip saddr @banned drop", "ip saddr @banned reject with tcp reset", "ip saddr @banned jump log_drop", "ip saddr @banned goto log_drop"))),
            (6, () => One(sender => Ban([sender], $"ip saddr {sender} drop"))),
            (6, () => Ban([list[0]], dice.Of("jump f2b-any", $"tcp dport {port} jump f2b-any"))),
            (6, () => $"tcp dport {port} ct state new limit rate over 1000/second burst 1000 packets drop"),
            (4, () => "fib saddr . iif oif missing drop"),
            (4, () => "ct state invalid drop"),
            (10, () => $"tcp dport {port} ip saddr {{ {string.Join(", ", Some(dice, 1, 3))} }} accept"),
            (8, () => $"tcp dport {port} {dice.Of("drop", "reject with tcp reset", "counter drop", "jump log_drop", "log drop")}"),
            (8, () => $"tcp dport {{ {port}, 9 }} ip saddr 198.18.0.24/30 {dice.Of("drop", "reject")}"),
            (6, () => $"tcp dport {port} ip saddr != 198.18.0.0/28 drop"),
            (6, () => $"iifname eth0 tcp dport {port} {dice.Of("drop", "jump log_drop")}"),
            (8, () => $"tcp dport {port} jump {{ {(dice.Percent(40) ? Ban([list[0]], $"ip saddr {list[0]} drop; ") : "")}{dice.Of("drop", "ip saddr 198.18.0.0/28 counter; ip saddr 198.18.0.12 drop", "counter")}; }}"),
            (10, () => Chain($"{(dice.Percent(50) ? Ban(list, "ip saddr @banned drop\n") : "")}{dice.Of("ip saddr 198.18.0.12 tcp dport " + port + " drop", "drop", "reject", "ip saddr 198.18.0.0/28 return\ndrop")}")));

        string Ban(List<string> senders, string text)
        {
            banned.UnionWith(senders);
            return text;
        }

        string One(Func<string, string> make) => make(dice.Of([.. Senders.Skip(1)]));

        string Chain(string content)
        {
            var name = string.Create(CultureInfo.InvariantCulture, $"sub{chains.Count}");
            chains.Add($"chain {name} {{\n{content}\n}}");
            return $"{dice.Of("", $"tcp dport {port} ")}jump {name}";
        }
    }

    private static List<string> Some(Dice dice, int first, int last)
    {
        var some = new HashSet<string>(StringComparer.Ordinal);
        for (var count = dice.Between(first, last); some.Count < count;)
        {
            some.Add(dice.Of([.. Senders.Skip(1)]));
        }

        return [.. some];
    }
}
