using System.Globalization;
using System.Text.RegularExpressions;

namespace Portolan.Kernel.Tests.Firewall.Generation;

/// <summary>What the long mode loads has in it what it is for.</summary>
public sealed class GeneratorTests(ITestOutputHelper output)
{
    private const int Rulesets = 150;
    private const int AtLeast = 5;

    private static readonly (string Name, string Pattern)[] Wanted =
    [
        ("ct state", @"ct state "), ("ct state, negated", @"ct state !"), ("ct state in a set", @"ct state (!= )?\{"),
        ("ct status", "ct status "), ("ip saddr", "ip saddr [0-9]"), ("ip daddr", "ip daddr [0-9]"),
        ("ip6 saddr", "ip6 saddr [0-9a-f]"), ("ip6 daddr", "ip6 daddr [0-9a-f]"), ("iifname", "iifname "), ("oifname", "oifname "),
        ("iif", "iif \""), ("oif", "oif "),
        ("anonymous set", @"(dport|saddr|daddr) (!= )?\{"), ("named set", "(saddr|daddr|dport) (!= )?@"), ("udp dport", "udp dport"),
        ("tcp dport", "tcp dport"), ("counter", "counter"),
        ("ip protocol", "ip protocol "), ("ip6 nexthdr", "ip6 nexthdr "), ("icmp", "icmp type "), ("icmpv6", "icmpv6 type "),
        ("meta l4proto", "l4proto "), ("meta nfproto", "nfproto "), ("!=", " != "),
        ("masquerade", "masquerade"), ("limit", "limit rate [0-9]"), ("limit over", "limit rate over"), ("jump", "jump c"),
        ("goto", "goto c"), ("return", "return"), ("dnat", "dnat"), ("snat", "snat"),
        ("redirect", "redirect"), ("log", "log prefix"), ("interval set", "flags interval"), ("reject", "reject"),
        ("reject with reset", "with tcp reset"), ("reject with icmpx", "with icmpx"), ("tcp flags", "tcp flags"),
        ("bitwise", " & "), ("mark", "meta mark "), ("mark set", "meta mark set"), ("ct mark", "ct mark"), ("timeout", "timeout [0-9]"),
        ("dynamic set", "(add|update|delete) @"), ("dynamic set looked up", "sport (!= )?@"),
        ("meter", @"(add|update) @\w+ \{ [a-z ]*limit"), ("th", "th dport"), ("map", "map (@|\\{)"), ("vmap", "vmap "),
        ("vmap with the rest", @"\* : "), ("concatenation", " \\. "), ("verdict map of a concatenation", @"saddr \. \w+ dport vmap"),
        ("fib", "fib "), ("fib with interfaces", "fib [a-z .]*oif"), ("notrack", "notrack"), ("pkttype", "pkttype"),
        ("raw payload", "@(nh|th),"), ("table inet", "table inet"), ("table ip", "table ip "),
        ("table ip6", "table ip6 "), ("netdev ingress", "ingress device"), ("netdev egress", "hook egress"),
        ("several tables", "\n}\ntable"),
        ("hook nat input", "type nat hook input"), ("hook nat output", "type nat hook output"),
        ("hook nat postrouting", "type nat hook postrouting"), ("dormant", "flags dormant"),
    ];

    [Fact]
    public void Every_expression_of_the_first_tier_is_generated()
    {
        var texts = Enumerable.Range(VerdictDifferentialTests.FirstSeed, Rulesets).Select(Text).ToArray();
        var rare = new List<string>();
        foreach (var (name, pattern) in Wanted)
        {
            var count = texts.Count(text => Regex.IsMatch(text, pattern));
            output.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{count,4} of {Rulesets}: {name}"));
            if (count < AtLeast)
            {
                rare.Add($"{name}: {count}");
            }
        }

        Assert.True(rare.Count == 0, $"too rare: {string.Join(", ", rare)}");
    }

    private static string Text(int seed)
    {
        var dice = new Dice(seed);
        return new RulesetGenerator(dice, new AddressPool(dice), new PortPool(dice)).Make().Text;
    }
}
