using System.Net;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// A host with two ways out, of which the address that answers chooses one, or a mark does: a client far away sees what is said.
/// </summary>
public sealed class ExplainSourceRouteTests : ExplainLab
{
    private const string Far = "203.0.113.9";
    private const string Side = "198.19.0.2";
    private const string Way = "default via 198.19.0.1";

    [Theory]
    [InlineData("0.0.0.0", Way, "reachable", "", "connects", "connects")]
    [InlineData(Side, Way, "reachable", "", "refused", "connects")]
    [InlineData(Server, Way, "reachable", "", "connects", "refused")]
    [InlineData("0.0.0.0", "blackhole default", "depends", "route in", "connects", "times-out")]
    [InlineData(Side, "blackhole default", "unreachable", "route in", "refused", "times-out")]
    [InlineData("0.0.0.0", "default via 198.18.0.1", "depends", "route in", "connects", "times-out")]
    [InlineData(Side, "default via 198.18.0.1", "depends", "route in", "refused", "times-out")]
    public void A_question_that_names_no_address_is_answered_for_each(
        string listener, string route, string verdict, string failed, string seen, string seenAtSide)
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "1");
        Pair.Target.Ip($"rule add from {Side} lookup 100");
        Pair.Target.Ip($"route add {route} table 100");
        Listen(IPAddress.Parse(listener), 8080);

        var explanation = Explain("8080", "--from", Far);

        Assert.Equal((seen, seenAtSide), (See(Server), See(Side)));
        Assert.True((verdict, failed) == (explanation.Verdict, explanation.Failed), explanation.Headline + explanation.Steps);
    }

    [Fact]
    public void Each_address_is_named_with_its_answer_and_its_fix()
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "1");
        Pair.Target.Ip($"rule add from {Side} lookup 100");
        Pair.Target.Ip("route add blackhole default table 100");
        Listen(IPAddress.Any, 8080);

        foreach (var explanation in (LabExplanation[])[Explain("8080", "--from", Far), Explain("8080", "-4")])
        {
            var said = explanation.Headline;
            Assert.StartsWith($"DEPENDS ON the destination address – to {Server}: yes, ", said, StringComparison.Ordinal);
            Assert.Contains($"; to {Side}: no, rp_filter on side is strict, and no way leads back", said, StringComparison.Ordinal);
            Assert.Contains("ip route show table all", explanation.Fixes[0], StringComparison.Ordinal);
        }

        Assert.Equal("reachable", Explain($"{Server}:8080", "--from", Far).Verdict);
        Assert.Equal("unreachable", Explain($"{Side}:8080", "--from", Far).Verdict);
        Assert.Contains("as predicted", Explain($"{Side}:8080", "--from", Far, "--prove").Steps, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_that_stop_packets_at_one_way_are_told_of_the_address_behind_it()
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "1");
        Pair.Target.Ip($"rule add from {Side} lookup 100");
        Pair.Target.Ip($"route add {Way} table 100");
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; iifname side tcp dport 8080 drop\n }\n }");
        Listen(IPAddress.Any, 8080);

        var explanation = Explain("8080", "--from", Far);

        Assert.Equal(("connects", "times-out"), (See(Server), See(Side)));
        Assert.Equal(("depends", "firewall"), (explanation.Verdict, explanation.Failed));
        Assert.Contains($"to {Side}: no, packets are dropped", explanation.Headline, StringComparison.Ordinal);
        Assert.Contains("8080/tcp", LabConsole.Run(Pair.Target).Output.Split("LIMITED")[^1], StringComparison.Ordinal);
    }

    /// <summary>The client takes an answer from that address by one of the cables alone, so that it sees by which it comes.</summary>
    [Theory]
    [InlineData(true, "side")]
    [InlineData(false, "scan0")]
    public void A_mark_that_rules_restore_leads_the_replies(bool isRestored, string way)
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "2");
        Pair.Target.Ip("rule add fwmark 7 lookup 100");
        Pair.Target.Ip($"route add {Way} table 100");
        Pair.Target.Nft(
            $$"""
            table ip m {
              chain p { type filter hook prerouting priority mangle; iifname side ct mark set 7
              }
              chain o { type route hook output priority mangle; {{(isRestored ? "meta mark set ct mark" : "counter")}}
              }
            }
            """);
        Pair.Scanner.Nft(
            $"table ip t {{ chain i {{ type filter hook input priority 0; iifname != {way} ip saddr {Side} drop\n }}\n }}");
        Listen(IPAddress.Any, 8080);

        var byName = Explain("8080", "--from", $"{Far}%side");
        var byAddress = Explain($"{Side}:8080", "--from", Far);

        Assert.Equal("connects", See(Side));
        Assert.Equal(
            isRestored,
            byName.More.Contains(
                "replies to packets that arrive on side leave on side: a mark set by rules selects that route",
                StringComparison.Ordinal));
        foreach (var explanation in (LabExplanation[])[byName, byAddress])
        {
            Assert.Equal(
                !isRestored,
                explanation.More.Contains("replies leave on eth0 (asymmetric routing)", StringComparison.Ordinal));
            Assert.DoesNotContain("is unknown", explanation.More, StringComparison.Ordinal);
        }
    }

    /// <summary>The mark of the SYN, which no rule of OUTPUT restores, stays with the connection if a sysctl asks for that.</summary>
    [Theory]
    [InlineData("1", "side")]
    [InlineData("0", "scan0")]
    public void The_mark_of_a_SYN_leads_the_replies_where_the_kernel_keeps_it(string accepts, string way)
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "2");
        Pair.Target.Setting("net/ipv4/tcp_fwmark_accept", accepts);
        Pair.Target.Ip("rule add fwmark 7 lookup 100");
        Pair.Target.Ip($"route add {Way} table 100");
        Pair.Target.Nft("table ip m { chain p { type filter hook prerouting priority mangle; iifname side meta mark set 7\n }\n }");
        Pair.Scanner.Nft(
            $"table ip t {{ chain i {{ type filter hook input priority 0; iifname != {way} ip saddr {Side} drop\n }}\n }}");
        Listen(IPAddress.Any, 8080);

        var explanation = Explain("8080", "--from", $"{Far}%side");

        Assert.Equal("connects", See(Side));
        Assert.Equal(
            accepts == "1",
            explanation.More.Contains(
                "replies to packets that arrive on side leave on side: a mark set by rules selects that route",
                StringComparison.Ordinal));
        Assert.Equal(
            accepts == "0", explanation.More.Contains("replies leave on eth0 (asymmetric routing)", StringComparison.Ordinal));
        Assert.Contains("as predicted", Explain("8080", "--from", $"{Far}%side", "--prove").Steps, StringComparison.Ordinal);
    }

    /// <summary>A closed port, whose RST has the mark of the packet where the kernel reflects it: a route drops it there.</summary>
    [Theory]
    [InlineData("1", "times-out")]
    [InlineData("0", "refused")]
    public void The_mark_of_a_packet_leads_the_RST_where_the_kernel_reflects_it(string reflects, string symptom)
    {
        Connect();
        Pair.Target.Setting("net/ipv4/fwmark_reflect", reflects);
        Pair.Target.Ip("rule add fwmark 7 lookup 100");
        Pair.Target.Ip("route add blackhole default table 100");
        Pair.Target.Nft("table ip m { chain p { type filter hook prerouting priority mangle; iifname side meta mark set 7\n }\n }");

        var explanation = Explain($"{Side}:8080", "--from", $"{Far}%side");

        Assert.Equal(symptom, See(Side));
        Assert.Equal(symptom, explanation.Symptom);
    }

    [Fact]
    public void A_mark_that_is_not_known_leaves_the_way_of_replies_open()
    {
        Connect();
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "2");
        Pair.Target.Ip("rule add fwmark 7 lookup 100");
        Pair.Target.Ip($"route add {Way} table 100");
        Pair.Target.Nft(
            "table ip m { chain o { type route hook output priority mangle; meta mark set numgen random mod 2 offset 6\n }\n }");
        Listen(IPAddress.Any, 8080);

        var explanation = Explain("8080", "--from", $"{Far}%side");

        const string Open = "the interface of replies to packets that arrive on side is unknown";
        Assert.Contains(Open, explanation.More, StringComparison.Ordinal);
        Assert.DoesNotContain("asymmetric", explanation.More, StringComparison.Ordinal);
    }

    private string See(string address) => Attempt.Connect(Pair.Scanner, address, 8080, Far);

    /// <summary>A second cable, and a client behind both whom the main table answers by the first.</summary>
    private void Connect()
    {
        LabHost.Connect(Pair.Target, "side", Pair.Scanner, "side");
        Pair.Target.Address("side", $"{Side}/24");
        Pair.Scanner.Address("side", "198.19.0.1/24");
        Pair.Scanner.Address("lo", $"{Far}/32");
        foreach (var host in (LabHost[])[Pair.Scanner, Pair.Target])
        {
            host.Setting("net/ipv4/conf/all/rp_filter", "0");
            host.Setting("net/ipv4/conf/side/rp_filter", "0");
        }

        Pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "0");
        Pair.Target.Ip($"route add default via {Client}");
    }
}
