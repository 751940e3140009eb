using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>A fix stands directly before the rule that stops the packets, and undoes nothing that another rule is for.</summary>
public sealed class HarmlessFixTests : ExplainLab
{
    [Theory]
    [InlineData("ip saddr 198.18.0.66 drop; tcp dport 8080 drop; counter")]
    [InlineData("ct state invalid drop; fib saddr . iif oif missing drop; tcp dport 8080 drop")]
    [InlineData("tcp dport 8080 ct state new limit rate over 500/second drop; tcp dport 8080 reject")]
    public void It_stands_behind_bans_limits_and_checks(string rules)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ chain i {{ type filter hook input priority 0; {rules}; }}; }}");

        var explanation = Explain("8080", "--from", Client);
        Assert.Contains(" insert rule inet fw i handle ", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        LabConsole.Paste(Pair.Target, explanation);

        Assert.Equal("connects", Connect(8080));
        var listing = Pair.Target.Tool("nft", null, "list", "chain", "inet", "fw", "i").Split('\n');
        Assert.Contains(
            "ip saddr 198.18.0.1",
            listing[Array.FindLastIndex(
                listing, static l => l.Contains("drop", StringComparison.Ordinal) || l.Contains("reject", StringComparison.Ordinal)) - 1],
                StringComparison.Ordinal);
    }

    [Fact]
    public void For_a_policy_it_stands_at_the_end()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { set b { type ipv4_addr; elements = { 198.18.0.1 }; }; chain i { type filter hook input priority "
            + "0; policy drop; ip saddr @b drop; }; }");
        Pair.Scanner.Address("scan0", "198.18.0.77/24");

        LabConsole.Paste(Pair.Target, Explain("8080", "-4"));

        Assert.Equal(("times-out", "connects"), (Connect(8080), Attempt.Connect(Pair.Scanner, Server, 8080, "198.18.0.77")));
    }

    [Theory]
    [InlineData("ip saddr 198.18.0.0/24 drop", "is a ban")]
    [InlineData("ip saddr @b drop", "is a ban")]
    [InlineData("tcp dport 8080 ip saddr @b reject", "is a ban")]
    [InlineData("ip saddr @b jump log_drop", "is a ban")]
    [InlineData("ip saddr @b jump { counter; drop; }", "is a ban")]
    [InlineData("iifname eth0 ip saddr 198.18.0.0/24 drop", "is a check for forged senders")]
    [InlineData("fib saddr type != blackhole drop", "is a check for forged senders")]
    [InlineData("tcp dport 8080 drop; ip saddr @b drop", "a ban")]
    [InlineData("tcp dport 8080 drop; jump f2b-sshd", "a ban")]
    [InlineData("tcp dport 8080 drop; tcp dport 8080 limit rate over 5/minute drop", "a limit")]
    [InlineData("tcp dport 8080 jump log_drop; ip saddr @b jump log_drop", "a ban")]
    [InlineData("tcp dport 8080 jump { ip saddr 198.18.0.0/28 drop; ip saddr 198.18.0.1 drop; }", "a ban")]
    public void What_protects_is_named_and_no_command_goes_past_it(string rules, string why)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ set b {{ type ipv4_addr; elements = {{ 198.18.0.1 }}; }}; chain f2b-sshd {{ ip saddr 198.18.0.9 "
            + $"drop; return; }}; chain log_drop {{ log; drop; }}; chain i {{ type filter hook input priority 0; {rules}; }}; }}");

        var explanation = Explain("8080", "--from", Client);

        Assert.Contains(why, Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        Assert.StartsWith("# ", explanation.Fixes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("set b { type ipv4_addr; elements = { 198.18.0.1 }; }; chain p { type filter hook prerouting priority -150; ip saddr @b "
        + "meta mark set 5; }; chain i { type filter hook input priority 0; meta mark 5 drop; }", "p handle 4 is a ban")]
    [InlineData("set b { type ipv4_addr; elements = { 198.18.0.1 }; }; chain p { type filter hook prerouting priority -150; ip saddr @b ct "
        + "mark set 5; }; chain i { type filter hook input priority 0; ct mark 5 reject; }", "p handle 4 is a ban")]
    [InlineData("chain i { type filter hook input priority 0; policy drop; ct state established accept; tcp dport 8080 quota until 100 "
        + "bytes used 100 bytes accept; }", "i handle 3 is a limit")]
    [InlineData(
        "chain i { type filter hook input priority 0; tcp dport 8080 quota until 100 bytes used 100 bytes accept; tcp dport 8080 reject; }",
        "i handle 2 is a limit")]
    [InlineData("chain l { quota until 100 bytes used 100 bytes return; drop; }; chain i { type filter hook input priority 0; tcp dport "
        + "8080 jump l; }", "l handle 3 is a limit")]
    public void What_protects_from_before_the_rule_that_stops_is_named_too(string chains, string why)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ {chains}; }}");

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("unreachable", explanation.Verdict);
        Assert.Contains(why, Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        Assert.StartsWith("# ", explanation.Fixes[0], StringComparison.Ordinal);
    }

    [Fact]
    public void A_limit_for_others_hinders_no_fix()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; policy drop; ct state established accept; ip saddr "
            + "198.18.0.99 tcp dport 8080 quota until 100 bytes used 100 bytes accept; tcp dport 22 limit rate 3/minute accept; }; }");

        LabConsole.Paste(Pair.Target, Explain("8080", "--from", Client));

        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void Into_a_chain_inside_of_a_rule_goes_nothing_but_before_that_rule()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; tcp dport 8080 jump { counter; drop; }; }; }");

        LabConsole.Paste(Pair.Target, Explain("8080", "--from", Client));

        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void A_chain_that_forwarding_shares_is_left_alone()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain no { drop; }; chain i { type filter hook input priority 0; tcp dport 8080 jump no; }; chain "
            + "f { type filter hook forward priority 0; jump no; }; }");

        var explanation = Explain("8080", "--from", Client);

        Assert.Contains("insert rule inet fw i handle", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        LabConsole.Paste(Pair.Target, explanation);
        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void Iptables_gets_it_by_number()
    {
        Pair.Target.ListenTcp(8080);
        Tool.Find("iptables-nft");
        Pair.Target.Tool("iptables-nft", null, "-A", "INPUT", "-s", "198.18.0.66", "-j", "DROP");
        Pair.Target.Tool("iptables-nft", null, "-A", "INPUT", "-p", "tcp", "--dport", "8080", "-j", "DROP");

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("sudo iptables-nft -I INPUT 2 -s 198.18.0.1 -p tcp --dport 8080 -j ACCEPT", Assert.Single(explanation.Fixes));
        LabConsole.Paste(Pair.Target, explanation);
        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void Replies_are_let_in_for_connections_that_exist_alone()
    {
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; }; }");
        Pair.Scanner.ListenTcp(443);

        var explanation = Explain("198.18.0.1:443");
        Assert.Contains(
            "ct state established,related ip saddr 198.18.0.1 tcp sport 443", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        LabConsole.Paste(Pair.Target, explanation);

        Assert.Equal("connects", Attempt.Connect(Pair.Target, Client, 443));
    }

    [Fact]
    public void A_command_of_one_family_that_opens_the_other_says_so()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; }; }");

        Assert.Contains("# also opens it over IPv6", Assert.Single(Explain("8080", "-4").Fixes), StringComparison.Ordinal);
    }

    [Fact]
    public void Into_a_table_that_a_program_owns_no_rule_is_put()
    {
        Pair.Target.ListenTcp(8080);
        using var owner = Pair.Target.Start(Tool.Find("nft"), "-i");
        owner.StandardInput.WriteLine("add table inet fw { flags owner; }; add chain inet fw i { type filter hook input priority 0; }; add "
            + "rule inet fw i tcp dport 8080 drop");
        owner.StandardInput.Flush();
        Assert.True(SpinWait.SpinUntil(
            () => Pair.Target.Tool("nft", null, "list", "ruleset").Contains("8080", StringComparison.Ordinal), TimeSpan.FromSeconds(30)));

        var explanation = Explain("8080", "--from", Client);

        Assert.StartsWith("# change inet fw i handle ", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        Assert.NotEqual(
            0, Pair.Target.Execute(Tool.Find("nft"), null, "insert", "rule", "inet", "fw", "i", "tcp", "dport", "8080", "accept").ExitCode);
        owner.StandardInput.Close();
        owner.WaitForExit();
    }

    [Fact]
    public void Forwarding_that_is_off_is_told_with_what_else_it_forwards()
    {
        Pair.Target.Ip("route add 192.0.2.0/24 via 198.18.0.77");
        Pair.Target.Nft("table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 dnat to 192.0.2.2:80; }; }");

        var fix = Assert.Single(Explain("8080", "--from", Client).Fixes, static f => f.Contains("forwarding", StringComparison.Ordinal));

        Assert.Contains(
            "    # also forwards all other packets that arrive on eth0, unless rules drop them", fix, StringComparison.Ordinal);
    }

    [Fact]
    public void IPv6_that_is_off_is_told_with_what_else_it_brings()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Ip("link add up0 type veth peer name up1");
        Pair.Target.Ip("link set up0 up");
        Pair.Target.Ip("link set up1 up");
        Pair.Target.Address("up0", "2001:db8:7::1/64");
        Pair.Target.Setting("net/ipv6/conf/eth0/disable_ipv6", "1");

        var explanation = Explain("8080", "--from", "2001:db8::1%eth0");

        Assert.All(
            explanation.Fixes.Where(static f => f.Contains("disable_ipv6", StringComparison.Ordinal)),
            static f =>
                Assert.Contains(
                    "    # also gives eth0 IPv6 addresses, and exposes all IPv6 listeners there", f,
                    StringComparison.Ordinal));
        Assert.Contains(explanation.Fixes, static f => f.Contains("disable_ipv6", StringComparison.Ordinal));
    }

    [Fact]
    public void A_setting_of_the_machine_is_told_with_what_else_it_opens()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "1");
        Pair.Target.Ip("link add up0 type veth peer name up1");
        Pair.Target.Ip("link set up0 up");
        Pair.Target.Ip("link set up1 up");
        Pair.Target.Address("up0", "198.18.7.1/24");

        var explanation = Explain("8080", "--from", "198.18.7.9%eth0");

        Assert.Contains(
            explanation.Fixes,
            static f => f.StartsWith("# ", StringComparison.Ordinal) && f.Contains("forged senders", StringComparison.Ordinal));
    }
}
