namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Policy rules about protocol and ports decide about the packets that they match, and about no others.</summary>
public sealed class ExplainPolicyRuleTests : ExplainLab
{
    [Theory]
    [InlineData("ipproto tcp dport 25 prohibit", "reachable", "")]
    [InlineData("ipproto tcp dport 8080 prohibit", "unreachable", "route in")]
    [InlineData("ipproto tcp sport 8080 prohibit", "unreachable", "replies")]
    [InlineData("ipproto udp dport 8080 prohibit", "reachable", "")]
    [InlineData("ipproto udp prohibit", "reachable", "")]
    [InlineData("sport 1024-65534 dport 22 prohibit", "reachable", "")]
    [InlineData("tun_id 5 prohibit", "reachable", "")]
    public void The_ports_of_the_packet_decide(string rule, string verdict, string failed)
    {
        Pair.Target.ListenTcp(8080);
        foreach (var (family, address) in ((string, string)[])[("-4", Server), ("-6", "2001:db8::2")])
        {
            Pair.Target.Ip($"{family} rule add pref 50 {rule}");
            Pair.Target.Ip($"{family} rule add pref 90 lookup local");
            Pair.Target.Ip($"{family} rule del pref 0 lookup local");
            var explanation = Explain(
                family == "-4" ? $"{address}:8080" : $"[{address}]:8080", "--from", family == "-4" ? Client : "2001:db8::1");
            var seen = Connect(8080, address);
            Assert.True(
                (verdict, failed) == (explanation.Verdict, explanation.Failed), $"{family} {explanation.Headline}\n{explanation.Steps}");
            Assert.Equal(verdict == "reachable", seen == "connects");
            Assert.DoesNotContain("not proved", explanation.Headline, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_part_of_the_client_s_ports_is_named()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Ip("rule add pref 50 ipproto tcp dport 1024-40000 prohibit");

        var explanation = Explain("80", "--from", Client);

        Assert.Equal("depends", explanation.Verdict);
        Assert.Contains("DEPENDS ON the source port", explanation.Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void The_chart_judges_each_port_by_itself()
    {
        Pair.Target.ListenTcp(8080, 8081);
        Pair.Target.Ip("rule add pref 50 ipproto tcp sport 8081 prohibit");

        var (_, chart, _) = LabConsole.Run(Pair.Target, "--csv");

        Assert.DoesNotContain("unknown", chart, StringComparison.Ordinal);
        Assert.Equal(("reachable", "unreachable"), (Explain("8080", "-4").Verdict, Explain("8081", "-4").Verdict));
    }
}
