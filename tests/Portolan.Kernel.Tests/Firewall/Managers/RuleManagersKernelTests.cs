using Portolan.Firewall.Acquire;
using Portolan.Firewall.Managers;
using Portolan.Firewall.Rules;
using Portolan.Kernel.Tests.Support;
using Portolan.Reachability.Charting;

namespace Portolan.Kernel.Tests.Firewall.Managers;

/// <summary>Who manages the rules, of rules that real programs made or that are shaped like theirs.</summary>
public sealed class RuleManagersKernelTests
{
    [Fact]
    public void Real_ufw_is_recognised_and_rules_the_policy_of_the_chains_it_shares()
    {
        var rules = Made(() => Ufw.Run("ufw allow 22/tcp && ufw deny 5432 && ufw --force enable"));
        var managers = RuleManagers.Of(rules);
        Assert.Contains(managers.All, m => m.Name == "ufw");
        var table = rules.Tables.Single(t => t is { Family: RuleFamily.Ip, Name: "filter" });
        var input = table.Chains.Single(c => c.Name == "INPUT");
        Assert.Equal("ufw", managers.OwnerOf(new RuleReference(table, input, null))?.Name);
        Assert.All(input.Rules, r => Assert.Equal("ufw", managers.OwnerOf(new RuleReference(table, input, r))?.Name));
        var user = table.Chains.Single(c => c.Name == "ufw-user-input");
        Assert.Equal(2 + 1, user.Rules.Count);
    }

    [Theory]
    [InlineData("inet portolan", "input", "tcp dport 22 accept", "Portolan + nft")]
    [InlineData("ip nat", "KUBE-SERVICES", "policy drop;", "kube-proxy (iptables-nft) + nft")]
    [InlineData("ip nat", "KUBE-SERVICES", "", "kube-proxy (iptables-nft)")]
    public void The_line_of_the_chart_names_all_whose_rules_decide(string table, string chain, string rule, string line) =>
        Assert.Equal(line, ManagerLine.Of(Made(() => Nft.Load(
            $"table {table} {{\n chain {chain} {{\n }}\n}}\n"
            + $"table inet mine {{\n chain in {{\n type filter hook input priority 0\n {rule}\n }}\n}}\n"))));

    [Fact]
    public void What_ufw_is_told_to_allow_it_takes()
    {
        var rules = Made(
            () => Ufw.Run("ufw --force enable && ufw allow from 2001:db8::/32 to any port 53 proto udp && ufw allow from 10.0.0.0/8 to any "
                + "port 22 proto tcp"));
        Assert.Single(
            rules.Tables.Single(t => t is { Family: RuleFamily.Ip, Name: "filter" }).Chains.Single(c => c.Name == "ufw-user-input").Rules);
        Assert.Single(
            rules.Tables.Single(t => t is { Family: RuleFamily.Ip6, Name: "filter" }).Chains.Single(
                c => c.Name == "ufw6-user-input").Rules);
    }

    [Theory]
    [InlineData("table inet firewalld {\n chain filter_INPUT {\n type filter hook input priority 10\n }\n chain filter_IN_public_allow {\n "
        + "tcp dport 22 accept\n }\n}\n", "firewalld")]
    [InlineData("table ip docker-bridges {\n chain filter-FORWARD {\n type filter hook forward priority 0\n }\n}\n", "Docker")]
    [InlineData("table ip filter {\n chain DOCKER {\n }\n chain DOCKER-USER {\n }\n}\n", "Docker")]
    [InlineData("table inet netavark {\n chain NETAVARK-HOSTPORT-DNAT {\n }\n}\n", "Podman")]
    [InlineData("table inet nixos-fw {\n chain input-allow {\n }\n}\n", "NixOS")]
    [InlineData("table ip nat {\n chain KUBE-SERVICES {\n }\n}\n", "kube-proxy")]
    [InlineData("table inet f2b-table {\n chain f2b-chain {\n type filter hook input priority -1\n }\n}\n", "fail2ban")]
    [InlineData("table ip filter {\n chain LIBVIRT_INP {\n }\n}\n", "libvirt")]
    [InlineData("table inet portolan {\n chain input {\n type filter hook input priority 0\n }\n}\n", "Portolan")]
    [InlineData("table inet filter {\n chain input {\n type filter hook input priority 0\n tcp dport 22 accept\n }\n}\n", "nft")]
    [InlineData("table ip filter {\n chain INPUT {\n type filter hook input priority 0\n tcp dport 22 accept\n }\n}\n", "iptables")]
    public void A_manager_is_recognised_by_its_shape(string file, string name)
    {
        var managers = RuleManagers.Of(Made(() => Nft.Load(file)));
        var manager = Assert.Single(managers.All);
        Assert.Equal(name, manager.Name);
    }

    [Fact]
    public void A_rule_of_a_shared_chain_belongs_to_whose_chain_it_jumps_to()
    {
        var rules = Made(() => Nft.Load(
            "table ip filter {\n chain DOCKER-USER {\n }\n chain f2b-sshd {\n }\n chain FORWARD {\n type filter hook forward priority 0\n "
                + "jump DOCKER-USER\n tcp dport 9 drop\n }\n chain INPUT {\n type filter hook input priority 0\n jump f2b-sshd\n }\n}\n"));
        var managers = RuleManagers.Of(rules);
        var table = rules.Tables.Single();
        string? Owner(
            string chain, int rule) =>
                managers.OwnerOf(new RuleReference(
                    table, table.Chains.Single(c => c.Name == chain), table.Chains.Single(c => c.Name == chain).Rules[rule]))?.Name;
        Assert.Equal("Docker", Owner("FORWARD", 0));
        Assert.Equal("iptables", Owner("FORWARD", 1));
        Assert.Equal("fail2ban", Owner("INPUT", 0));
    }

    private static Ruleset Made(Action make)
    {
        Ruleset? rules = null;
        Netns.Run(() =>
        {
            make();
            rules = KernelRules.Read(TestContext.Current.CancellationToken).Require();
        });
        return rules!;
    }
}
