namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// Of packets from here, the address that the kernel sends from is judged and no other; a real connection sees what <c>explain</c> says.
/// </summary>
public sealed class ExplainOutboundTests : ExplainLab
{
    private void SecondAddress()
    {
        Pair.Target.Ip("link add side type veth peer name side-far");
        Pair.Target.Ip("link set side up");
        Pair.Target.Ip("link set side-far up");
        Pair.Target.Address("side", "203.0.113.1/24");
    }

    [Theory]
    [InlineData("input", "ip daddr 198.18.0.2 ct state established accept", "depends", "")]
    [InlineData("input", "ip daddr 203.0.113.1 ct state established accept", "unreachable", "replies")]
    [InlineData("output", "ip saddr 198.18.0.2 accept", "depends", "")]
    [InlineData("output", "ip saddr 203.0.113.1 accept", "unreachable", "output")]
    [InlineData("prerouting", "fib daddr . iif type { local, broadcast, multicast } accept", "depends", "")]
    public void Only_the_address_that_the_kernel_sends_from_is_judged(string hook, string rule, string verdict, string failed)
    {
        SecondAddress();
        Pair.Scanner.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ chain c {{ type filter hook {hook} priority 0; policy drop; {rule}\n }}\n }}");

        var explanation = Explain($"{Client}:8080");

        Assert.Equal(
            (verdict, failed.Length > 0, verdict == "depends" ? "connects" : "times-out"),
            (explanation.Verdict, explanation.Failed.Length > 0, Attempt.Connect(Pair.Target, Client, 8080)));
        Assert.Contains(
            "as predicted", LabConsole.Run(Pair.Target, "explain", $"{Client}:8080", "--prove").Output, StringComparison.Ordinal);
        if (verdict == "depends")
        {
            var probed = Explain($"{Client}:8080", "--probe");
            Assert.Equal(("reachable", ""), (probed.Verdict, probed.Failed));
            Assert.Contains("got through: connected", probed.Headline, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_rule_of_routing_about_that_address_stops_the_connection()
    {
        Pair.Scanner.ListenTcp(8080);
        Pair.Target.Ip("rule add from 198.18.0.2 prohibit pref 100");

        var explanation = Explain($"{Client}:8080");

        Assert.Equal(("unreachable", "route out"), (explanation.Verdict, explanation.Failed));
        Assert.NotEqual("connects", Attempt.Connect(Pair.Target, Client, 8080));
    }

    [Fact]
    public void A_redirect_to_a_port_here_that_nobody_serves_refuses()
    {
        Pair.Scanner.ListenTcp(8080);
        Pair.Target.Nft("table ip n { chain o { type nat hook output priority -100; tcp dport 8080 redirect to :8899\n }\n }");

        AssertSame(Explain($"{Client}:8080"), Attempt.Connect(Pair.Target, Client, 8080), verdict: "unreachable", failed: "listener");
        Pair.Target.ListenTcp(8899);
        Assert.Equal(("depends", "connects"), (Explain($"{Client}:8080").Verdict, Attempt.Connect(Pair.Target, Client, 8080)));
    }

    [Fact]
    public void A_policy_of_IPsec_that_may_stop_the_replies_is_in_the_headline()
    {
        Pair.Scanner.ListenTcp(8080);
        Pair.Target.Tool("ip", null, ["xfrm", "policy", "add", "dir", "in", "src", "198.18.0.1/32", "dst", "0.0.0.0/0", "action", "block"]);

        var explanation = Explain($"{Client}:8080");

        Assert.Equal(("depends", "times-out"), (explanation.Verdict, Attempt.Connect(Pair.Target, Client, 8080)));
        Assert.Contains("IPsec", explanation.Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void Replies_to_what_was_sent_elsewhere_come_from_the_new_port_at_input()
    {
        Pair.Scanner.ListenTcp(8080);
        Pair.Target.Nft("table ip n { chain o { type nat hook output priority -100; tcp dport 443 dnat to 198.18.0.1:8080\n }\n }");
        Pair.Target.Nft("table inet x { chain c { type filter hook input priority 0; tcp sport 8080 drop\n }\n }");

        var (_, output, _) = LabConsole.Run(Pair.Target, "explain", $"{Client}:443");

        Assert.Contains("sport 8080 accept", output, StringComparison.Ordinal);
    }
}
