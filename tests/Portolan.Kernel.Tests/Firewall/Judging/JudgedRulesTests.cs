namespace Portolan.Kernel.Tests.Firewall.Judging;

/// <summary>Rules that nft loaded, read back from the kernel and judged: what each way to write a test comes to.</summary>
public sealed class JudgedRulesTests(JudgeLab lab) : IClassFixture<JudgeLab>
{
    [Theory]
    [InlineData("tcp dport 80 accept", "accept from others by c")]
    [InlineData("tcp dport 81 accept", "drop from others by policy of c")]
    [InlineData("ip saddr 203.0.113.0/28 tcp dport 80 accept", "accept from 203.0.113.0/28 by c\ndrop from others by policy of c")]
    [InlineData("ip saddr != 203.0.113.0/28 tcp dport 80 accept", "accept from others by c\ndrop from 203.0.113.0/28 by policy of c")]
    [InlineData("ip saddr 203.0.113.7-203.0.113.9 accept", "accept from 203.0.113.7, 203.0.113.8/31 by c\ndrop from others by policy of c")]
    [InlineData(
        "ip saddr { 203.0.113.7, 198.51.100.0/24 } accept",
        "accept from 198.51.100.0/24, 203.0.113.7 by c\ndrop from others by policy of c")]
    [InlineData(
        "ip saddr . tcp dport { 203.0.113.7 . 80, 203.0.113.8 . 81 } accept",
        "accept from 203.0.113.7 by c\ndrop from others by policy of c")]
    [InlineData(
        "ip saddr . tcp dport { 203.0.113.0/28 . 80-90, 203.0.113.64/28 . 81 } accept",
        "accept from 203.0.113.0/28 by c\ndrop from others by policy of c")]
    [InlineData("ct state new tcp dport 80 accept", "accept from others by c")]
    [InlineData("ct state { established, related } accept", "drop from others by policy of c")]
    [InlineData("ct state established,related accept", "drop from others by policy of c")]
    [InlineData("ct state vmap { new : accept, invalid : drop }", "accept from others by c")]
    [InlineData("tcp dport vmap { 22 : drop, 80-90 : accept }", "accept from others by c")]
    [InlineData(
        "ip saddr vmap { 203.0.113.0/28 : accept, 203.0.113.16/28 : drop }",
        "accept from 203.0.113.0/28 by c\ndrop from 203.0.113.16/28 by c\ndrop from others by policy of c")]
    [InlineData("tcp flags syn accept", "accept from others by c")]
    [InlineData("tcp flags & (fin|syn|rst|ack) == syn accept", "accept from others by c")]
    [InlineData("tcp flags { syn } accept", "accept from others by c")]
    [InlineData("iifname \"eth0\" accept", "accept from others by c")]
    [InlineData("iifname \"eth*\" accept", "accept from others by c")]
    [InlineData("iifname { \"eth1\", \"docker*\" } accept", "drop from others by policy of c")]
    [InlineData("iif eth1 accept", "drop from others by policy of c")]
    [InlineData("meta l4proto { tcp, udp } th dport 80 accept", "accept from others by c")]
    [InlineData("@th,0,32 0x04000050 accept", "accept from others sport 1024-1024 by c\ndrop from others by policy of c")]
    [InlineData("ip ttl < 5 accept", "accept from others ip ttl 1-4 by c\ndrop from others ip ttl 5-255 by policy of c")]
    [InlineData("ip dscp cs1 accept", "accept from others @nh,8,8 32-35 by c\ndrop from others @nh,8,8 != 32-35 by policy of c")]
    [InlineData("meta mark set 0x10 meta mark 0x10 accept", "accept from others by c")]
    [InlineData(
        "meta mark set ip saddr map { 203.0.113.0/28 : 1, 203.0.113.16/28 : 2 }; meta mark 2 accept",
        "accept from 203.0.113.16/28 by c\ndrop from others by policy of c")]
    [InlineData("meta mark set 0x1f; meta mark & 0xf0 == 0x10 accept", "accept from others by c")]
    [InlineData("meta mark set 5; meta mark < 6 accept", "accept from others by c")]
    [InlineData("ct mark set 7; meta mark set ct mark; meta mark 7 accept", "accept from others by c")]
    [InlineData("limit rate 5/second accept", "accept limited from others by c")]
    [InlineData("limit rate over 5/second drop; accept", "accept limited from others by c")]
    [InlineData("ip saddr 203.0.113.1 reject; accept", "accept from others by c\nreject from 203.0.113.1 by c")]
    [InlineData("tcp sport 1024-2000 accept", "accept from others sport 1024-2000 by c\ndrop from others by policy of c")]
    [InlineData("numgen random mod 2 0 accept", "depends from others by c (numgen is random)")]
    [InlineData("numgen random mod 2 0 drop", "drop from others by policy of c (numgen is random)")]
    [InlineData("meta nfproto ipv6 accept", "drop from others by policy of c")]
    [InlineData("ip6 saddr ::/0 accept", "drop from others by policy of c")]
    [InlineData("add @seen { ip saddr }; ip saddr @seen accept", "accept from others by c")]
    [InlineData("ip saddr @seen accept", "drop from others by policy of c")]
    [InlineData("ct count over 5 drop; accept", "accept limited from others by c")]
    [InlineData("update @metered { ip saddr limit rate 5/second } accept", "accept limited from others by c")]
    [InlineData("jump sub; accept", "accept from others by c\ndrop from 203.0.113.0/28 by sub")]
    [InlineData("goto sub; accept", "drop from 203.0.113.0/28 by sub\ndrop from others by policy of c")]
    [InlineData("tcp dport 80 counter log prefix \"x\" accept", "accept from others by c")]
    [InlineData("meta pkttype host accept", "accept from others by c")]
    [InlineData("ip protocol tcp accept", "accept from others by c")]
    [InlineData(
        "meta length > 100 accept", "accept from others meta length 101-65535 by c\ndrop from others meta length 0-100 by policy of c")]
    public void A_rule_is_judged(string rules, string expected)
    {
        var lines = string.Join("\n", rules.Split(';', StringSplitOptions.TrimEntries).Select(static r => r + "\n"));
        var words = lab.Tcp(
            $$"""
            table inet t {
              set seen { type ipv4_addr; flags dynamic; }
              set metered { type ipv4_addr; flags dynamic; }
              chain sub { ip saddr 203.0.113.0/28 drop; return; accept; }
              chain c { type filter hook input priority 0; policy drop;
                {{lines}}
              }
            }
            """,
            80);
        Assert.Equal(expected, words);
    }

    [Fact]
    public void The_length_of_iptables_counts_the_header_in_both_families()
    {
        lab.Host.Nft("flush ruleset");
        lab.Host.Tool("ip6tables-nft", null, "-w", "-A", "INPUT", "-m", "length", "--length", "60", "-j", "DROP");
        Assert.Equal(
            "accept from 2001:db8:1::5 meta length != 60 by policy of INPUT\ndrop from 2001:db8:1::5 meta length 60 by INPUT",
            JudgeLab.Words(lab.JudgeLoaded(), lab.Query(80, "2001:db8:1::5", isIPv4: false)));
    }

    [Fact]
    public void A_rule_about_routing_headers_does_not_decide_about_packets_without_one()
    {
        lab.Host.Nft("flush ruleset");
        lab.Host.Tool("ip6tables-nft", null, "-w", "-A", "INPUT", "-m", "rt", "--rt-type", "0", "-j", "DROP");
        Assert.Equal(
            "accept from 2001:db8:1::5 by policy of INPUT",
            JudgeLab.Words(lab.JudgeLoaded(), lab.Query(80, "2001:db8:1::5", isIPv4: false)));
    }
}
