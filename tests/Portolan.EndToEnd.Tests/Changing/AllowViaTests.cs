using System.Text.Json;
using Portolan.EndToEnd.Tests.Support;
using Portolan.Kernel.Tests.Support;
using Portolan.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>allow --via: real managers run their own commands, and the verdict afterwards is what a client meets.</summary>
public sealed class AllowViaTests
{
    private const string Enable = "ufw --force enable >/run/out 2>&1\n";

    [Fact]
    public void Ufw_lets_in_what_was_shown_and_its_named_command_takes_it_back()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8001);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            {Enable}
            $P allow 8001 --via ufw --dry-run; echo "dry $?"; ufw status | grep -c 8001
            $P allow 8001 --via ufw; echo "unasked $?"; ufw status | grep -c 8001
            $P allow 8001 --via ufw --yes 2>/run/err; echo "run $?"; cat /run/err >&2; ufw status | grep -c 8001
            $P allow 8001 --via ufw --yes; echo "again $?"
            $P firewall undo; echo "undo $?"
            sed -n 's/^hint: to undo it, run //p' /run/err | sh -e; ufw status | grep -c 8001
            $P allow 8001/tcp; echo "own $?"
            """).Expect(0);
        string[] output = [.. result.Output.Split('\n')];
        Assert.Contains("# 8001/tcp  IPv4 and IPv6  blocked by ufw → allowed", output);
        Assert.Contains("8001/udp  IPv4 and IPv6  blocked by ufw → allowed", output);
        Assert.Contains("ufw allow 8001/tcp", output);
        Assert.Contains("ran ufw allow 8001/tcp: Rule added; Rule added (v6)", output);
        Assert.Contains("nothing to do: it is allowed already", output);
        Assert.Equal(
            ["dry 0", "0", "unasked 2", "0", "run 0", "4", "again 0", "undo 1", "0", "own 3"],
            output.Where(static l => l.Length > 0 && (char.IsDigit(l[^1]) || char.IsDigit(l[0])) && l.Split(' ').Length < 3));
        Assert.Contains(
            "hint: to undo it, run ufw delete allow 8001/udp && ufw delete allow 8001/tcp", result.Error, StringComparison.Ordinal);
        Assert.Contains("it does not expire, and portolan firewall undo", result.Error, StringComparison.Ordinal);
        Assert.Contains("rules made by allow --via ufw belong to ufw", result.Error, StringComparison.Ordinal);
        Assert.Contains("hint: portolan allow 8001/tcp --via ufw runs the commands of ufw", result.Error, StringComparison.Ordinal);
        Assert.False(lab.LetsIn(8001, 0.5));
    }

    [Theory]
    [InlineData("8001/tcp", "")]
    [InlineData("8000-8010/tcp 8001/udp", "")]
    [InlineData("8001 --from 198.18.0.0-198.18.0.2,2001:db8::/64", "")]
    [InlineData("8001/tcp", "ufw deny 8001/tcp")]
    [InlineData("8001/tcp", "ufw deny from 198.18.0.0/24 to any port 8001")]
    [InlineData("8001/tcp --from 198.18.0.0/24", "ufw deny from 198.18.0.0/24 to any port 8001 proto tcp")]
    public void What_ufw_stops_a_client_meets_open_afterwards(string words, string rules)
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8001);
        PrivateMachine.Run(lab.Server, $"{Enable}{rules}").Expect(0);
        Assert.False(lab.LetsIn(8001, 0.5));

        var result = PrivateMachine.Run(lab.Server, $"{Enable}{rules}\n$P allow {words} --via ufw --yes --json").Expect(0);

        Assert.True(lab.LetsIn(8001, 10));
        var json = result.Output[result.Output.IndexOf('{', StringComparison.Ordinal)..];
        JsonSchema.AssertValid(json);
        using var document = JsonDocument.Parse(json);
        Assert.True(document.RootElement.GetProperty("applied").GetBoolean());
        var via = document.RootElement.GetProperty("via");
        Assert.All(via.GetProperty("commands").EnumerateArray(), static c => Assert.Equal("done", c.GetProperty("result").GetString()));
        Assert.All(via.GetProperty("ports").EnumerateArray(), static p => Assert.Equal("open", p.GetProperty("after").GetString()));
    }

    [Fact]
    public void A_ufw_that_fails_is_shown_with_its_words_and_the_port_is_closed_still()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8001);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            {Enable}
            printf '#!/bin/sh\necho "ERROR: the lock is held" >&2; exit 7\n' >/run/false; chmod +x /run/false
            mount --bind /run/false /usr/sbin/ufw
            $P allow 8001 --via ufw --yes --json; echo "json $?"
            $P allow 8001 --via ufw --yes
            """).Expect(3);
        Assert.Contains("ufw allow 8001/tcp failed with exit code 7: ERROR: the lock is held", result.Error, StringComparison.Ordinal);
        Assert.Contains("not run: ufw allow 8001/udp", result.Error, StringComparison.Ordinal);
        Assert.Contains("8001/tcp, 8001/udp are still closed over IPv4", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("to undo it", result.Error, StringComparison.Ordinal);
        Assert.Contains("8001/tcp  IPv4 and IPv6  blocked by ufw → the same", result.Output, StringComparison.Ordinal);
        Assert.Contains("json 3", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"result\": \"failed\"", result.Output, StringComparison.Ordinal);
        Assert.Contains("\"applied\": false", result.Output, StringComparison.Ordinal);
        Assert.False(lab.LetsIn(8001, 0.5));
    }

    [Fact]
    public void What_others_stop_stays_closed_and_is_named()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8001);
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            {{Enable}}
            ufw deny from 198.18.0.7 >/run/out
            nft 'add table inet x; add chain inet x c { type filter hook input priority 5; policy drop; }'
            $P allow 8001/tcp --via ufw --yes; echo "behind $?"
            $P allow 8001/tcp --via ufw --yes; echo "alone $?"
            $P allow 8002/tcp --from 198.18.0.7 --via ufw --yes; echo "ban $?"; ufw status | grep -c 8002
            nft delete table inet x
            $P block 8003/tcp >/run/out 2>&1; $P allow 8003/tcp --via ufw --yes; echo "own $?"
            """).Expect(0);
        Assert.Contains(
            "8001/tcp is still closed over IPv4 and IPv6: the policy of table inet x chain c drops it", result.Error,
            StringComparison.Ordinal);
        Assert.Contains("nft made it, so run: nft add rule inet x c tcp dport 8001 accept", result.Error, StringComparison.Ordinal);
        Assert.Contains("is a ban: it stays", result.Error, StringComparison.Ordinal);
        Assert.Contains("8003/tcp is closed over IPv4 by Portolan's own rule #1 block 8003/tcp", result.Error, StringComparison.Ordinal);
        Assert.Contains("nothing to run: no command of ufw allows this", result.Output, StringComparison.Ordinal);
        foreach (var line in (string[])["behind 3", "alone 3", "ban 3", "own 3"])
        {
            Assert.Contains(line, result.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void A_ufw_that_is_off_is_not_run()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        foreach (var rules in (string[])[":", $"{Enable}ufw disable >/run/out"])
        {
            var result = PrivateMachine.Run(lab.Server, $"{rules}\n$P allow 8001 --via ufw --yes").Expect(3);
            Assert.Contains("ufw is installed but not active", result.Error, StringComparison.Ordinal);
            Assert.Empty(result.Output);
        }
    }

    [Fact]
    public void A_person_is_asked_first_and_no_is_no()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        Tool.Find("script");
        lab.Server.ListenTcp(8001);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            {Enable}export P
            echo n | script -qec '$P allow 8001/tcp --via ufw' /dev/null; echo "no $?"; ufw status | grep -c 8001
            echo y | script -qec '$P allow 8001/tcp --via ufw' /dev/null; echo "yes $?"
            """).Expect(0);
        Assert.Contains("Run this? [y/N]", result.Output, StringComparison.Ordinal);
        Assert.Contains("portolan: nothing was run", result.Output, StringComparison.Ordinal);
        Assert.Contains("no 1\n0\n", result.Output, StringComparison.Ordinal);
        Assert.Contains("yes 0", result.Output, StringComparison.Ordinal);
        Assert.Equal(2, result.Output.Split("note: a rule of ufw is permanent").Length - 1);
        Assert.True(lab.LetsIn(8001, 10));
    }

    [Fact]
    public void Managers_without_such_a_command_are_refused_with_what_can_be_done_by_hand()
    {
        using var lab = new RuleLab();
        Tool.Find("iptables-nft");
        lab.Server.Tool("iptables-nft", null, "-P", "INPUT", "DROP");
        foreach (var name in (string[])["iptables", "docker", "nftables"])
        {
            var result = lab.Portolan("allow", "8001/tcp", "--via", name, "--yes").Expect(2);
            Assert.Contains($"--via takes ufw and firewalld, not {name}: ", result.Error, StringComparison.Ordinal);
            Assert.Contains("so run: iptables-nft -A INPUT -p tcp --dport 8001 -j ACCEPT", result.Error, StringComparison.Ordinal);
            Assert.Contains("rules here are managed by iptables", result.Error, StringComparison.Ordinal);
        }

        Assert.DoesNotContain("8001", lab.Server.Tool("nft", null, "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public void Without_the_privilege_nothing_is_run()
    {
        using var lab = new RuleLab();
        var (_, error, exit) = lab.Server.Execute(
            Tool.Find("setpriv"), null,
            "--bounding-set", "-net_admin", "--inh-caps", "-net_admin", PortolanProgram.Path, "allow", "8001", "--via", "ufw", "--yes");
        Assert.True(exit == 4, error);
        Assert.Contains("CAP_NET_ADMIN", error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("8001-8003/tcp")]
    [InlineData("8001/tcp --from 198.18.0.1")]
    public void Firewalld_lets_in_now_and_after_its_next_start(string words)
    {
        using var lab = new RuleLab();
        lab.Server.ListenTcp(8001);
        using var shell = ManagerShell.Firewalld(lab.Server);
        Assert.False(lab.LetsIn(8001, 0.5));

        var said = shell.Run($"{PortolanProgram.Path} allow {words} --via firewalld --yes");

        Assert.True(lab.LetsIn(8001, 10), said);
        Assert.Contains("blocked by firewalld → allowed", said, StringComparison.Ordinal);
        shell.Run("firewall-cmd --reload");
        Assert.True(lab.LetsIn(8001, 10));
        const string Hint = "hint: to undo it, run ";
        shell.Run(said.Split('\n').Single(static l => l.StartsWith(Hint, StringComparison.Ordinal))[Hint.Length..]);
        Assert.False(lab.LetsIn(8001, 0.5));
        Assert.DoesNotContain("8001", shell.Run("firewall-cmd --permanent --list-all"), StringComparison.Ordinal);
    }
}
