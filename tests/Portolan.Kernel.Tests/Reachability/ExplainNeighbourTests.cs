namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// Rules that stop the finding of neighbours: everything works until their entries are gone, so that is never a proved YES.
/// </summary>
public sealed class ExplainNeighbourTests : ExplainLab
{
    private const string Client6 = "2001:db8::1";
    private const string Server6 = "[2001:db8::2]:8080";

    [Theory]
    [InlineData("input", "ip6 daddr ff00::/8 drop", "neighbour solicitations for this address", false)]
    [InlineData("output", "icmpv6 type nd-neighbor-solicit drop", "neighbour solicitations from this host", true)]
    [InlineData("output", "icmpv6 type nd-neighbor-advert drop", "neighbour advertisements from this host", false)]
    [InlineData("input", "ip6 saddr 2001:db8::1 icmpv6 type nd-neighbor-advert drop", "neighbour advertisements from neighbours", true)]
    public void What_stops_neighbour_discovery_stops_IPv6_once_an_entry_is_gone(string hook, string rule, string message, bool isOwnEntry)
    {
        Pair.Target.ListenTcp(8080);
        Assert.Equal("connects", Connect(8080, "2001:db8::2"));
        Load("ip6", hook, rule);
        var explanation = Explain(Server6, "--from", Client6);
        (isOwnEntry ? Pair.Target : Pair.Scanner).Ip("neigh flush all");

        Assert.Equal(("depends", "neighbours"), (explanation.Verdict, explanation.Failed));
        Assert.Contains(message, explanation.Steps, StringComparison.Ordinal);
        Assert.Equal("times-out", Connect(8080, "2001:db8::2"));
    }

    [Theory]
    [InlineData("inet", "prerouting", "fib saddr . iif oif 0 drop")]
    [InlineData("ip6", "input", "icmpv6 type nd-neighbor-solicit ip6 daddr != ff02::/16 drop")]
    [InlineData("ip6", "input", "ip6 saddr 2001:db8::77 icmpv6 type nd-neighbor-solicit drop")]
    public void What_lets_it_through_is_no_obstacle(string family, string hook, string rule)
    {
        Pair.Target.ListenTcp(8080);
        Assert.Equal("connects", Connect(8080, "2001:db8::2"));
        Load(family, hook, rule);
        Forget();

        Assert.Equal(("reachable", "connects"), (Explain(Server6, "--from", Client6).Verdict, Connect(8080, "2001:db8::2")));
    }

    [Fact]
    public void From_here_it_is_asked_too()
    {
        Pair.Scanner.ListenTcp(8080);
        Load("ip6", "output", "icmpv6 type nd-neighbor-solicit drop");
        Assert.Equal("neighbours", Explain("[2001:db8::1]:8080").Failed);
    }

    [Fact]
    public void Rules_of_ARP_take_the_proof_away()
    {
        Pair.Target.ListenTcp(8080);
        Load("arp", "input", "drop");
        var explanation = Explain("198.18.0.2:8080", "--from", Client);
        Forget();

        Assert.NotEqual("connects", Connect(8080));
        Assert.Equal("unknown", explanation.Verdict);
        Assert.Contains("rules of family arp are not evaluated", explanation.Steps + explanation.Headline, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("1", "0", "reachable")]
    [InlineData("0", "1", "unreachable")]
    public void IPv6_is_forwarded_where_that_is_on_for_all(string all, string own, string verdict)
    {
        Pair.Target.Ip("link add out0 type veth peer name out1");
        foreach (var line in (string[])["link set out0 up", "link set out1 up", "-6 addr add 2001:db8:3::1/64 dev out0 nodad"])
        {
            Pair.Target.Ip(line);
        }

        Pair.Target.Setting("net/ipv6/conf/all/forwarding", all);
        foreach (var name in (string[])["eth0", "out0"])
        {
            Pair.Target.Setting($"net/ipv6/conf/{name}/forwarding", own);
        }

        Pair.Target.Nft(
            "table ip6 n { chain p { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to [2001:db8:3::2]:8080; }; }");
        var explanation = Explain(Server6, "--from", Client6);
        Assert.Equal(verdict == "reachable", explanation.Verdict != "unreachable");
        Assert.Equal(verdict != "reachable", explanation.Headline.Contains("forwarding is off", StringComparison.Ordinal));
    }

    private void Load(string family, string hook, string rule) =>
        Pair.Target.Nft($"table {family} a {{ chain c {{ type filter hook {hook} priority 0; {rule}; }}; }}");

    private void Forget()
    {
        Pair.Target.Ip("neigh flush all");
        Pair.Scanner.Ip("neigh flush all");
    }
}
