using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Reviewing;

/// <summary>What is said about rules that nft loaded.</summary>
public sealed class RuleReviewKernelTests
{
    [Theory]
    [InlineData("accept", "tcp dport 22 accept")]
    [InlineData("ip saddr 10.0.0.0/8 drop", "ip saddr 10.1.0.0/16 accept")]
    [InlineData("ip saddr 10.0.0.0/9 drop", "ip saddr 10.1.2.3 tcp dport 9 accept")]
    [InlineData("tcp dport { 80, 443, 1000-2000 } accept", "tcp dport 1500 drop")]
    [InlineData("tcp dport 1-1023 reject", "tcp dport { 22, 80 } accept")]
    [InlineData("ct state established,related accept", "ct state established tcp dport 7 drop")]
    [InlineData("iifname \"eth0\" return", "iifname \"eth0\" udp dport 53 accept")]
    [InlineData("tcp dport != 22 drop", "tcp dport 80 accept")]
    [InlineData("tcp flags & (syn | ack) == syn drop", "tcp flags == syn accept")]
    [InlineData("ip6 saddr 2001:db8::/32 counter log drop", "ip6 saddr 2001:db8:1::/48 accept")]
    [InlineData("tcp dport 22 goto other", "tcp dport 22 accept")]
    public void A_rule_behind_one_that_takes_all_it_asks_for_never_matches(string first, string second) =>
        Assert.NotNull(Shadow(first, second));

    [Theory]
    [InlineData("ip saddr 10.1.0.0/16 accept", "ip saddr 10.0.0.0/8 drop")]
    [InlineData("ip saddr 10.0.0.0/8 tcp dport 22 accept", "ip saddr 10.0.0.0/8 drop")]
    [InlineData("limit rate 1/second accept", "tcp dport 22 drop")]
    [InlineData("tcp dport 22 limit rate 1/second accept", "tcp dport 22 drop")]
    [InlineData("tcp dport 22 jump other", "tcp dport 22 drop")]
    [InlineData("tcp dport 22 counter", "tcp dport 22 drop")]
    [InlineData("tcp dport 22 accept", "udp dport 22 accept")]
    [InlineData("tcp dport 22 accept", "th dport 22 drop")]
    [InlineData("ip saddr 10.0.0.1 accept", "ip6 saddr ::1 accept")]
    [InlineData("ip saddr @learned drop", "ip saddr @learned accept")]
    [InlineData("meta random > 5 accept", "meta random > 7 drop")]
    [InlineData("ct state established tcp dport 7 drop", "ct state established accept")]
    [InlineData("tcp dport vmap { 22 : continue }", "tcp dport 22 accept")]
    [InlineData("numgen inc mod 2 0 accept", "numgen inc mod 2 0 drop")]
    [InlineData("quota 10 bytes accept", "tcp dport 22 drop")]
    [InlineData("ip saddr . tcp dport { 10.0.0.1 . 22, 10.0.0.2 . 23 } accept", "ip saddr 10.0.0.1 tcp dport 23 drop")]
    [InlineData("tcp flags & (syn | ack) == syn drop", "tcp flags syn accept")]
    public void A_rule_that_some_packet_may_reach_is_not_called_dead(string first, string second) => Assert.Null(Shadow(first, second));

    [Fact]
    public void Behind_a_rule_that_changes_packets_an_equal_test_is_another_test()
    {
        var review = Review("meta mark 1 accept\n meta mark set 1\n meta mark 1 drop");
        Assert.All(review.Rules, r => Assert.Null(r.ShadowedBy));
        var called = Review("meta mark 1 accept\n jump writer\n meta mark 1 drop");
        Assert.All(called.Rules, r => Assert.Null(r.ShadowedBy));
        var mapped = Review("meta mark 1 accept\n tcp dport vmap { 22 : jump writer }\n meta mark 1 drop");
        Assert.All(mapped.Rules, r => Assert.Null(r.ShadowedBy));
    }

    [Theory]
    [InlineData("tcp dport 22 accept", "22/6")]
    [InlineData("tcp dport { 22, 80-90 } accept", "22/6 80-90/6")]
    [InlineData("meta l4proto { tcp, udp } th dport 53 accept", "53/6 53/17")]
    [InlineData("th dport 53 accept", "53/any")]
    [InlineData("tcp dport vmap { 22 : accept, 80 : drop }", "22/6 80/6")]
    [InlineData("ip saddr . tcp dport { 10.0.0.1 . 8080, 10.0.0.2 . 8081 } accept", "8080/6 8081/6")]
    [InlineData("ip saddr . udp dport @pairs accept", "53-54/17")]
    [InlineData("tcp sport 1 tcp dport 2 accept", "2/6")]
    [InlineData("tcp dport != 22 accept", "")]
    [InlineData("tcp sport 22 accept", "")]
    [InlineData("ct state new accept", "")]
    public void The_ports_that_a_rule_speaks_of_are_found(string rule, string expected)
    {
        var ports = Review(rule).Rules[0].Ports;
        Assert.Equal(
            expected,
            string.Join(
                ' ',
                ports.Select(
                    p => $"{p.First}{(p.Last == p.First ? "" : $"-{p.Last}")}/{(p.Protocol is { } protocol ? protocol : "any")}")));
    }

    [Fact]
    public void Of_a_rule_it_is_told_what_it_says_and_from_where_and_whether_it_was_ever_met()
    {
        var rules = Review(
            "iifname \"eth0\" ip saddr 10.0.0.0/8 tcp dport 22 counter packets 3 bytes 90 accept comment \"ssh\"\n counter packets 0 bytes "
                + "0 drop\n tcp dport 80 log prefix \"x\"").Rules;
        Assert.Equal("accept", rules[0].Says);
        Assert.Equal(["iifname \"eth0\"", "ip saddr 10.0.0.0/8"], rules[0].From);
        Assert.False(rules[0].IsUnused);
        Assert.True(rules[1].IsUnused);
        Assert.Null(rules[2].Counter);
        Assert.Equal("", rules[2].Says);
        Assert.Equal("nft", rules[0].Manager?.Name);
    }

    private static Rule? Shadow(string first, string second) => Review($"{first}\n {second}").Rules[1].ShadowedBy;

    private static RuleReview Review(string rules)
    {
        Ruleset? read = null;
        Netns.Run(() =>
        {
            Nft.Load($"table inet t {{\n set learned {{\n type ipv4_addr; flags dynamic,timeout\n }}\n set pairs {{\n type ipv4_addr . "
                + $"inet_service; flags interval\n elements = {{ 10.0.0.0/8 . 53-54 }}\n }}\n chain c {{\n type filter hook prerouting "
                + $"priority 0\n {rules}\n }}\n chain other {{\n }}\n chain writer {{\n meta mark set 1\n }}\n}}\n");
            read = KernelRules.Read(TestContext.Current.CancellationToken).Require();
        });
        var table = read!.Tables.Single();
        var only = table with { Chains = [table.Chains.Single(c => c.Name == "c"), .. table.Chains.Where(c => c.Name != "c")] };
        return RuleReview.Of(read with { Tables = [only] }, RuleTextOptions.ForReading);
    }
}
