using System.Globalization;

namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>Rules put together at random from matches and statements that go together come back as they were.</summary>
public sealed class GeneratedRulesTests
{
    private const int RulesOfRound = 120;

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(6)]
    public void Generated_rules_come_back_as_they_were(int seed)
    {
        var random = new Random(seed);
        var (family, hook) = (seed % 3) switch
        {
            0 => ("ip6", "input"),
            1 => ("inet", "input"),
            _ => ("ip", "input"),
        };
        var rules = Enumerable.Range(0, RulesOfRound).Select(_ => $"\t\t{Rule(random, family)}");
        RoundTrip.Check($"table {family} t {{\n\tset s4 {{\n\t\ttype ipv4_addr\n\t\tflags interval\n\t\telements = {{ {Address4(random)}/9 "
            + $"}}\n\t}}\n\tchain other {{\n\t}}\n\tchain c {{\n\t\ttype filter hook {hook} priority 0\n{string.Join('\n', rules)}\n\t}}\n"
            + $"}}\n");
    }

    private static string Rule(Random random, string family)
    {
        var isIp4 = family != "ip6" && (family == "ip" || random.Next(2) == 0);
        var parts = new List<string>();
        var matches = new List<string> { Common(random), Common(random) };
        if (random.Next(3) > 0)
        {
            matches.Add(isIp4 ? Ip4(random) : Ip6(random));
            matches.Add(isIp4 ? Ip4(random) : Ip6(random));
        }

        if (random.Next(3) > 0)
        {
            var protocol = Pick(random, "tcp", "udp", "sctp");
            matches.Add(Port(random, protocol));
            matches.Add(protocol == "tcp" ? Tcp(random) : Port(random, protocol));
        }

        foreach (var match in matches.OrderBy(_ => random.Next()))
        {
            if (random.Next(4) > 0)
            {
                parts.Add(match);
            }
        }

        parts.Add(Pick(
            random, "accept", "drop", "counter packets 1 bytes 2 drop", "reject", "jump other", "return", "log prefix \"x\" accept",
            "limit rate 3/minute burst 5 packets accept", "continue", "meta mark set 0x7"));
        return string.Join(' ', parts);
    }

    private static string Common(Random random) => random.Next(9) switch
    {
        0 => $"ct state {Pick(random, "", "!= ", "== ")}{Pick(random, "new", "established", "invalid")}",
        1 => $"ct state {Pick(random, "established,related", "{ new, untracked }")}",
        2 => $"iifname {Pick(random, "", "!= ")}\"{Pick(random, "eth0", "br-*", "lo")}\"",
        3 => $"meta mark {Pick(random, "", "!= ")}{random.Next(1, 99)}",
        4 => $"meta mark & 0x{random.Next(1, 256):x} == 0x1",
        5 => string.Create(CultureInfo.InvariantCulture, $"meta length {random.Next(40, 100)}-{random.Next(100, 1500)}"),
        6 => $"meta pkttype {Pick(random, "host", "broadcast", "{ host, multicast }")}",
        7 => $"ct mark {{ {random.Next(1, 9)}, {random.Next(10, 20)}-{random.Next(20, 30)} }}",
        _ => "fib daddr type local",
    };

    private static string Ip4(Random random) => random.Next(9) switch
    {
        0 => $"ip saddr {Pick(random, "", "!= ")}{Address4(random)}",
        1 => $"ip daddr {Network4(random)}",
        2 => $"ip saddr != {Network4(random)}",
        3 => $"ip saddr {{ {Address4(random)}, {Network4(random)} }}",
        4 => $"ip ttl {Pick(random, "", "< ", "!= ")}{random.Next(1, 250)}",
        5 => $"ip daddr {Pick(random, "", "!= ")}@s4",
        6 => $"ip dscp {Pick(random, "cs1", "!= ef", "{ af11, af12 }")}",
        7 => $"ip saddr & 0.0.{random.Next(1, 255)}.255 == 0.0.0.1",
        _ => $"ip saddr . ip daddr {{ {Address4(random)} . {Address4(random)}, {Address4(random)} . {Address4(random)} }}",
    };

    private static string Ip6(Random random) => random.Next(5) switch
    {
        0 => $"ip6 saddr {Pick(random, "", "!= ")}2001:db8::{random.Next(1, 9999):x}",
        1 => $"ip6 daddr {Pick(random, "", "!= ")}2001:db8::/{random.Next(32, 65)}",
        2 => $"ip6 saddr {{ 2001:db8:{random.Next(1, 999):x}::/48, ::1 }}",
        3 => $"ip6 hoplimit {Pick(random, "", "> ")}{random.Next(1, 250)}",
        _ => $"ip6 dscp {Pick(random, "cs1", "!= ef")}",
    };

    private static string Port(Random random, string protocol)
    {
        var name = $"{protocol} {Pick(random, "dport", "sport")}";
        return random.Next(6) switch
        {
            0 => $"{name} {random.Next(1, 65535)}",
            1 => $"{name} != {random.Next(1, 65535)}",
            2 => $"{name} {random.Next(1, 999)}-{random.Next(1000, 65535)}",
            3 => $"{name} {{ {random.Next(1, 99)}, {random.Next(100, 199)}, {random.Next(200, 299)}-{random.Next(300, 400)} }}",
            4 => $"{name} >= {random.Next(1, 65535)}",
            _ => $"{name} != {{ {random.Next(1, 99)}, {random.Next(100, 199)} }}",
        };
    }

    private static string Tcp(Random random) => random.Next(5) switch
    {
        0 => "tcp flags & (syn | ack) == syn",
        1 => "tcp flags syn",
        2 => "tcp flags != fin",
        3 => $"tcp sequence {random.Next()}",
        _ => $"tcp option maxseg size {random.Next(500, 1400)}",
    };

    private static string Address4(Random random) =>
        string.Create(CultureInfo.InvariantCulture, $"{random.Next(1, 223)}.{random.Next(256)}.{random.Next(256)}.{random.Next(1, 255)}");

    private static string Network4(Random random) =>
        string.Create(CultureInfo.InvariantCulture, $"{random.Next(1, 223)}.{random.Next(256)}.{random.Next(256)}.0/{random.Next(1, 33)}");

    private static string Pick(Random random, params string[] items) => items[random.Next(items.Length)];
}
