using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability.Fixes;

/// <summary>
/// Fixes beside real firewall managers: firewalld and fail2ban run in a host of the lab, and what <c>explain</c> prints is pasted into
/// their shell.
/// </summary>
public sealed class ManagerFixTests : ExplainLab
{
    [Theory]
    [InlineData("--from", Client)]
    [InlineData("-4")]
    public void Firewalld_opens_a_port_now_and_for_good_and_what_was_open_at_run_time_stays_open(params string[] words)
    {
        Pair.Target.ListenTcp(8080, 8082);
        using var shell = ManagerShell.Firewalld(Pair.Target);
        shell.Run("firewall-cmd --add-port=8082/tcp");
        Assert.Equal("unreachable", Connect(8080));

        var explanation = Explain(["8080", .. words]);
        var fix = Assert.Single(explanation.Fixes);
        Assert.DoesNotContain("--reload", fix, StringComparison.Ordinal);
        shell.Run(fix);

        Assert.Equal(("connects", "connects"), (Connect(8080), Connect(8082)));
        Assert.Equal("reachable", Explain(["8080", .. words]).Verdict);
        Assert.Contains("8080", shell.Run("firewall-cmd --permanent --list-all"), StringComparison.Ordinal);
        shell.Run("firewall-cmd --reload");
        Assert.Equal("connects", Connect(8080));
    }

    [Fact]
    public void What_firewalld_denies_on_one_port_is_opened_before_that_and_a_ban_beside_it_stays()
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Firewalld(Pair.Target);
        shell.Run("firewall-cmd --add-rich-rule='rule family=ipv4 source address=198.18.0.0/24 port port=8080 protocol=tcp drop'");

        var explanation = Explain("8080", "--from", Client);
        shell.Run(Assert.Single(explanation.Fixes));

        Assert.Equal("connects", Connect(8080));
        Assert.Equal("reachable", Explain("8080", "--from", Client).Verdict);
    }

    [Theory]
    [InlineData("rule family=ipv4 source address=198.18.0.1 drop")]
    [InlineData("rule family=ipv4 source address=198.18.0.0/24 reject")]
    public void Whom_firewalld_bans_no_command_lets_in(string rule)
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Firewalld(Pair.Target);
        shell.Run("firewall-cmd --add-port=8080/tcp");
        shell.Run($"firewall-cmd --add-rich-rule='{rule}'");

        AssertBan(Explain("8080", "--from", Client));
    }

    [Fact]
    public void The_check_of_senders_that_firewalld_makes_is_left_alone()
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Firewalld(Pair.Target);
        shell.Run("firewall-cmd --add-port=8080/tcp");
        Pair.Target.Ip("-6 route add unreachable 2001:db8:1::/64");

        var explanation = Explain("8080", "--from", "2001:db8:1::1%eth0");

        Assert.DoesNotContain(
            explanation.Fixes,
            static f => f.Contains("nft insert", StringComparison.Ordinal) || f.Contains("firewall-cmd", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(":", "sudo ufw allow from 198.18.0.1 to any port 8080 proto tcp")]
    [InlineData("ufw deny from 198.18.0.9", "sudo ufw allow from 198.18.0.1 to any port 8080 proto tcp")]
    [InlineData("ufw deny 8080/tcp", "sudo ufw prepend allow from 198.18.0.1 to any port 8080 proto tcp")]
    [InlineData(
        "ufw deny from 198.18.0.0/24 to any port 8080 proto tcp", "sudo ufw prepend allow from 198.18.0.1 to any port 8080 proto tcp")]
    public void What_ufw_denies_its_own_command_opens(string rule, string fix)
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Ufw(Pair.Target);
        shell.Run(rule);
        Assert.Equal("times-out", Connect(8080));

        Assert.Equal(fix, Assert.Single(Explain("8080", "--from", Client).Fixes));
        shell.Run(fix);

        Assert.Equal(("connects", "reachable"), (Connect(8080), Explain("8080", "--from", Client).Verdict));
    }

    [Theory]
    [InlineData("ufw deny from 198.18.0.1")]
    [InlineData("ufw deny from 198.18.0.0/24")]
    [InlineData("ufw deny 8080/tcp; ufw prepend deny from 198.18.0.1")]
    public void Whom_ufw_bans_no_command_lets_in(string rules)
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Ufw(Pair.Target);
        shell.Run(rules);

        AssertBan(Explain("8080", "--from", Client));
    }

    [Fact]
    public void What_ufw_limits_is_open_up_to_the_limit_and_past_it_no_command_leads()
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Ufw(Pair.Target);
        shell.Run("ufw limit 8080/tcp");
        Assert.Equal("up to 5 connections in 30 s, each sender", Explain("8080", "--from", Client).Limit);
        for (var attempt = 0; attempt < 6; attempt++)
        {
            Connect(8080);
        }

        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("unreachable", explanation.Verdict);
        Assert.StartsWith("# ", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        Assert.Contains("is a limit", explanation.Fixes[0], StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Whom_fail2ban_bans_no_command_lets_in(bool isClosedBesides)
    {
        Pair.Target.ListenTcp(8080);
        using var shell = ManagerShell.Fail2ban(Pair.Target, 8080);
        shell.Run($"fail2ban-client -s /run/demo.sock set demo banip {Client}");
        shell.Run($"for try in $(seq 1 300); do nft list ruleset | grep -q {Client} && break; sleep 0.1; done");
        if (isClosedBesides)
        {
            Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 5; policy drop; }; }");
        }

        Assert.Equal("refused", Connect(8080));
        AssertBan(Explain("8080", "--from", Client));

        // All may be let in, and whoever is banned stays out.
        if (isClosedBesides)
        {
            Assert.All(Explain("8080", "-4").Fixes, f => shell.Run(f));
            Assert.Equal("refused", Connect(8080));
            Pair.Scanner.Address("scan0", "198.18.0.77/24");
            Assert.Equal("connects", Attempt.Connect(Pair.Scanner, Server, 8080, "198.18.0.77"));
        }
    }

    private static void AssertBan(LabExplanation explanation)
    {
        Assert.Equal("unreachable", explanation.Verdict);
        Assert.NotEmpty(explanation.Fixes);
        Assert.All(explanation.Fixes, static f => Assert.StartsWith("# ", f, StringComparison.Ordinal));
        Assert.Contains(explanation.Fixes, static f => f.Contains("is a ban", StringComparison.Ordinal));
        Assert.DoesNotContain(explanation.Fixes, static f => f.Contains("unban", StringComparison.Ordinal));
    }
}
