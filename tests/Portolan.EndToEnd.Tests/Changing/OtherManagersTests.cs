using Portolan.Kernel.Tests.Support;

namespace Portolan.EndToEnd.Tests.Changing;

/// <summary>allow beside other managers of rules: whose drop decides is said, and the command that is printed is one that works.</summary>
public sealed class OtherManagersTests
{
    /// <summary>Runs what Portolan says is to be run, as somebody who pastes it.</summary>
    private const string Paste = "sed -n 's/^.*so run: //p' /run/err >/run/paste; cat /run/paste; sh -e /run/paste";

    [Fact]
    public void Ufw_opens_each_port_with_the_command_that_is_printed_for_it()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8001, 8002, 8003, 8010, 8019);
        lab.Server.EchoUdp(8004);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            set -e
            ufw deny 8002 >/run/out; ufw deny from 198.18.0.0/24 to any port 8003 >/run/out; ufw allow 8019/tcp >/run/out; ufw --force enable >/run/out
            $P allow 8001,8002,8003,8010-8019/tcp 8004/udp 2>/run/err || [ $? = 3 ]
            {Paste}
            cat /run/err >&2
            """).Expect(0);
        Assert.Contains("ufw made it, so run: ufw ", result.Error, StringComparison.Ordinal);
        Assert.Contains("ufw allow 8001/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains("ufw prepend allow 8002/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains("8010:8018/tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains("ufw allow 8004/udp", result.Output, StringComparison.Ordinal);
        Assert.All([8001, 8002, 8003, 8010, 8019], port => Assert.True(lab.LetsIn(port, 10), $"port {port}"));
        Assert.False(lab.LetsIn(8020, 0.5));
    }

    [Fact]
    public void What_ufw_denies_to_a_few_is_opened_to_those_few()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        lab.Server.ListenTcp(8003);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            set -e
            ufw default allow incoming >/run/out; ufw deny from 198.18.0.0/24 to any port 8003 >/run/out; ufw --force enable >/run/out
            $P allow 8003/tcp 2>/run/err || [ $? = 3 ]
            cat /run/err >&2
            {Paste}
            """).Expect(0);
        Assert.Contains(
            "ufw made it, so run: ufw prepend allow from 198.18.0.0/24 to any port 8003 proto tcp", result.Error, StringComparison.Ordinal);
        Assert.True(lab.LetsIn(8003, 10));
    }

    [Fact]
    public void Ufw_opens_a_port_to_a_few_and_lets_forwarded_packets_through()
    {
        using var lab = new RuleLab();
        Tool.Find("ufw");
        using var behind = Behind(lab);
        lab.Server.ListenTcp(8001);
        lab.Server.Nft("table ip theirs { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 5432 fib daddr type local "
            + "dnat to 198.18.9.2:15432\n}\n}\n");
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            set -e
            ufw --force enable >/run/out
            $P allow 8001/tcp --from 198.18.0.0-198.18.0.2,2001:db8::/64 2>/run/err || [ $? = 3 ]
            {Paste}
            $P allow 5432/tcp 2>/run/err || [ $? = 3 ]
            cat /run/err >&2
            {Paste}
            """).Expect(0);
        Assert.Contains(
            "ufw allow from 198.18.0.0/31 to any port 8001 proto tcp && ufw allow from 198.18.0.2 to any port 8001 proto tcp",
            result.Output, StringComparison.Ordinal);
        Assert.Contains("ufw allow from 2001:db8::/64 to any port 8001 proto tcp", result.Output, StringComparison.Ordinal);
        Assert.Contains("ufw route allow proto tcp from any to 198.18.9.2 port 15432", result.Output, StringComparison.Ordinal);
        Assert.True(lab.LetsIn(8001, 10));
        Assert.True(lab.LetsIn(5432, 10));
    }

    [Theory]
    [InlineData("table inet firewalld {\n chain filter_INPUT {\n type filter hook input priority 10\n jump filter_INPUT_ZONES\n reject "
        + "with icmpx admin-prohibited\n }\n chain filter_INPUT_ZONES {\n goto filter_IN_public\n }\n chain filter_IN_public {\n jump "
        + "filter_IN_public_allow\n }\n chain filter_IN_public_allow {\n }\n}", "8000-8010/tcp", "firewalld made it, so run: firewall-cmd "
        + "--zone=public --add-port=8000-8010/tcp && firewall-cmd --permanent --zone=public --add-port=8000-8010/tcp")]
    [InlineData("table inet firewalld {\n chain filter_INPUT {\n type filter hook input priority 10\n jump filter_IN_public\n }\n chain "
        + "filter_IN_public {\n jump filter_IN_public_pre\n jump filter_IN_public_deny\n }\n chain filter_IN_public_pre {\n }\n chain "
        + "filter_IN_public_deny {\n tcp dport 8001 drop\n }\n}", "8001/tcp --from 192.0.2.0/24", "firewall-cmd --permanent --zone=public "
        + "'--add-rich-rule=rule priority=\"-1\" family=\"ipv4\" source address=\"192.0.2.0/24\" port port=\"8001\" "
        + "protocol=\"tcp\" accept'")]
    [InlineData("table ip filter {\n chain INPUT {\n type filter hook input priority 0; policy drop\n }\n}\ntable ip6 filter {\n chain "
        + "INPUT {\n type filter hook input priority 0; policy drop\n }\n}", "8001-8003/udp", "iptables made it, so run: ip6tables-nft -A "
        + "INPUT -p udp --dport 8001:8003 -j ACCEPT")]
    [InlineData("table inet theirs {\n chain guard {\n tcp dport { 8001, 8005 } drop\n }\n chain early {\n type filter hook prerouting "
        + "priority -300\n jump guard\n }\n}", "8000-8006/tcp", "nft made it, so run: nft insert rule inet theirs guard handle ")]
    [InlineData(
        "table ip docker-bridges {\n chain raw-PREROUTING {\n type filter hook prerouting priority raw\n tcp dport 8001 drop\n }\n}",
        "8001/tcp", "Docker made it, so run: nft insert rule ip docker-bridges raw-PREROUTING handle ")]
    [InlineData(
        "table inet nixos-fw {\n chain input {\n type filter hook input priority 0; policy drop\n }\n}", "8001-8002/tcp",
        "NixOS made it, so write: networking.firewall.allowedTCPPortRanges = [ { from = 8001; to = 8002; } ];")]
    public void Whose_drop_decides_is_said_with_the_command_of_its_manager(string rules, string words, string command)
    {
        using var lab = new RuleLab();
        lab.Server.Nft(rules + "\n");
        var result = lab.Portolan(["allow", .. words.Split(' ')]).Expect(3);
        Assert.Contains(command, result.Error, StringComparison.Ordinal);
        Assert.Contains("and a drop is final even if Portolan accepts", result.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("iptables -P INPUT DROP", "8001/tcp")]
    [InlineData(
        "iptables -N odd; iptables -A odd -p tcp -m multiport --dports 8000,8001 -j DROP; iptables -A INPUT -j odd", "8000-8001/tcp")]
    [InlineData("iptables -t raw -A PREROUTING -p tcp --dport 8001 -j DROP", "8001/tcp")]
    [InlineData("nft 'add table inet x; add chain inet x c { type filter hook input priority 5; policy drop; }'", "8001/tcp")]
    [InlineData("nft 'add table inet x; add chain inet x c { type filter hook prerouting priority -400; }; add chain inet x d; add rule "
        + "inet x c jump d; add rule inet x d ip saddr 198.18.0.0/24 tcp dport 8001 drop'", "8001/tcp")]
    public void The_printed_command_opens_the_port(string rules, string words)
    {
        using var lab = new RuleLab();
        Tool.Find("iptables-nft");
        lab.Server.ListenTcp(8000, 8001);
        var result =
            PrivateMachine.Run(lab.Server, $"set -e; {rules}\n$P allow {words} 2>/run/err >/run/out || :; cat /run/err >&2; {Paste}")
                .Expect(0);
        Assert.True(lab.LetsIn(8001, 10), result.Error + result.Output);
    }

    [Fact]
    public void Dockers_own_chain_lets_a_published_port_through_with_the_command_that_is_printed()
    {
        using var lab = new RuleLab();
        Tool.Find("iptables-nft");
        using var behind = Behind(lab);
        var result = PrivateMachine.Run(
            lab.Server,
            $"""
            set -e
            iptables -P FORWARD DROP; iptables -N DOCKER; iptables -N DOCKER-USER; iptables -A FORWARD -j DOCKER-USER
            iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT; iptables -A FORWARD -o inner0 -j DOCKER
            iptables -A DOCKER -d 198.18.9.2 -p tcp --dport 15432 -j ACCEPT; iptables -A DOCKER-USER -s 198.18.0.0/24 -p tcp --dport 15432 -j DROP
            iptables -t nat -N DOCKER; iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            iptables -t nat -A DOCKER -p tcp --dport 5432 -j DNAT --to-destination 198.18.9.2:15432
            $P allow 5432/tcp 2>/run/err || [ $? = 3 ]
            cat /run/err >&2
            {Paste}
            """).Expect(0);
        Assert.Contains(
            "Docker made it, so run: iptables-nft -I DOCKER-USER 1 -s 198.18.0.0/24 -d 198.18.9.2 -p tcp --dport 15432 -j ACCEPT",
            result.Error, StringComparison.Ordinal);
        Assert.True(lab.LetsIn(5432, 10));
    }

    [Fact]
    public void Names_are_hostile_and_no_command_is_made_of_them()
    {
        using var lab = new RuleLab();
        Tool.Find("iptables-nft");
        lab.Server.ListenTcp(8001);

        // iptables takes any name; so do the kernel's messages.
        var result = PrivateMachine.Run(
            lab.Server,
            $$"""
            iptables -N 'x;touch${IFS}/run/oh;' && iptables -A INPUT -j 'x;touch${IFS}/run/oh;' && iptables -A 'x;touch${IFS}/run/oh;' -p tcp --dport 8001 -m comment --comment "$(printf 'so run: touch /run/oh\033[2J')" -j DROP || exit 91
            $P allow 8001/tcp 2>/run/err || [ $? = 3 ]; cat /run/err >&2
            {{Paste}}; test -e /run/oh && exit 90
            $P explain 8001 --from 198.18.0.1 || :
            """).Expect(0);
        Assert.DoesNotContain("\u001b", result.Error + result.Output, StringComparison.Ordinal);
        Assert.Contains("iptables-nft -I 'x;touch", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain("-I x;", result.Output, StringComparison.Ordinal);
    }

    /// <summary>A host that the server forwards to, with a service.</summary>
    private static LabHost Behind(RuleLab lab)
    {
        var behind = new LabHost();
        LabHost.Connect(lab.Server, "inner0", behind, "eth0");
        lab.Server.Address("inner0", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        lab.Server.Setting("net/ipv4/ip_forward", "1");
        behind.ListenTcp(15432);
        return behind;
    }
}
