namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Rules are named when they are the reason; a real client sees what <c>explain</c> says.</summary>
public sealed class ExplainRuleTests : ExplainLab
{
    [Theory]
    [InlineData("table ip raw { chain prerouting { type filter hook prerouting priority raw; tcp dport 8080 drop; }; }", "prerouting")]
    [InlineData(Filter, "firewall")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject with tcp reset; }; }", "firewall")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject; }; }", "firewall")]
    [InlineData(
        "table inet fw { chain input { type filter hook input priority 0; tcp dport 8080 reject with icmpx admin-prohibited; }; }",
        "firewall")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp sport 8080 drop; }; }", "replies")]
    [InlineData("table inet fw { chain input { type filter hook input priority 0; ct state established drop; }; }", "later packets")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp flags & syn == 0 drop; }; }", "later packets")]
    public void A_rule_stops_it(string rules, string layer)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft(rules);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict: "unreachable", failed: layer);
        Assert.NotEmpty(explanation.Fixes);
    }

    [Fact]
    public void The_nearest_rule_that_lets_somebody_in_is_named()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Ip("route add default via 198.18.0.1");
        Pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; ip saddr 203.0.113.0/28 tcp dport "
            + "8080 accept; }; }");

        var (_, output, _) = LabConsole.Run(Pair.Target, "explain", "8080", "--from", Client);

        Assert.Contains(" accepts 8080 only from 203.0.113.0/28", output, StringComparison.Ordinal);
    }
}
