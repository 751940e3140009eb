using Portolan.Firewall.Acquire;
using Portolan.Firewall.Rendering;
using Portolan.Firewall.Rules;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Firewall.Rendering;

/// <summary>Rules of iptables are written as iptables-save writes them.</summary>
public sealed class IptablesTextTests
{
    private static readonly string[] Rules4 =
    [
        "-A INPUT -p tcp -m tcp --dport 22 -m conntrack --ctstate NEW,ESTABLISHED -j ACCEPT",
        "-A INPUT -p tcp -m multiport --dports 80,443,1000:2000 -j REJECT --reject-with tcp-reset",
        "-A INPUT -p tcp -m multiport ! --sports 80,443 -j REJECT --reject-with icmp-admin-prohibited",
        "-A INPUT -m limit --limit 3/min --limit-burst 10 -j LOG --log-prefix \"[UFW BLOCK] \"",
        "-A INPUT -m limit --limit 2/hour -j LOG --log-level 7 --log-tcp-sequence --log-uid",
        "-A INPUT -p icmp -m icmp --icmp-type 8 -m comment --comment \"ping it\" -j ACCEPT",
        "-A INPUT -p icmp -m icmp --icmp-type 3/4 -j ACCEPT",
        "-A INPUT -m addrtype --dst-type LOCAL -j RETURN",
        "-A INPUT -m addrtype ! --src-type UNICAST --limit-iface-in -j DROP",
        "-A INPUT -m mark --mark 0x1/0xff -j MARK --set-xmark 0x2/0xff",
        "-A INPUT -m mark ! --mark 0x1 -m pkttype --pkt-type broadcast -j DROP",
        "-A INPUT -p tcp -m tcp ! --tcp-flags FIN,SYN,RST,ACK SYN -m state --state INVALID -j DROP",
        "-A INPUT ! -s 10.0.0.0/8 -d 192.0.2.0/25 -i eth+ -p udp -m udp ! --sport 53 --dport 1024:65535 -m pkttype "
            + "--pkt-type multicast -j DROP",
        "-A INPUT -m iprange ! --src-range 10.0.0.1-10.0.0.5 -j DROP",
        "-A INPUT -m mac ! --mac-source 00:11:22:33:44:AA -j DROP",
        "-A INPUT -m length ! --length 10:20 -j DROP",
        "-A INPUT -m ttl --ttl-lt 5 -j DROP",
        "-A INPUT -m connmark --mark 0x3/0x7 -j CONNMARK --restore-mark --nfmask 0xff --ctmask 0xff",
        "-A INPUT -m conntrack ! --ctstate RELATED --ctstatus ASSURED --ctdir REPLY -j ACCEPT",
        "-A INPUT -m conntrack --ctorigdst 192.0.2.1 -j ACCEPT",
        "-A INPUT -p tcp -m recent ! --rcheck --seconds 60 --hitcount 4 --rttl --name ssh --mask 255.255.255.0 --rsource -j DROP",
        "-A INPUT -m recent --set --name seen --mask 255.255.255.255 --rdest",
        "-A INPUT -m recent --update --seconds 30 --name seen --mask 255.255.255.255 --rsource -j DROP",
        "-A INPUT -m hashlimit --hashlimit-above 3/min --hashlimit-burst 7 --hashlimit-mode srcip,dstport --hashlimit-name h1 "
            + "--hashlimit-srcmask 24 -j DROP",
        "-A INPUT -m hashlimit --hashlimit-upto 20/sec --hashlimit-burst 5 --hashlimit-name h2 -j ACCEPT",
        "-A INPUT -m hashlimit --hashlimit-above 100kb/s --hashlimit-mode srcip --hashlimit-name h3 -j DROP",
        "-A INPUT -p tcp -m connlimit --connlimit-above 20 --connlimit-mask 24 --connlimit-saddr -j DROP",
        "-A INPUT -p tcp -m connlimit --connlimit-upto 5 --connlimit-mask 32 --connlimit-daddr -j ACCEPT",
        "-A INPUT -m quota --quota 1000000 -j ACCEPT",
        "-A INPUT -p tcp -m tcp --tcp-flags SYN,RST SYN -m tcpmss ! --mss 500:1460 -j DROP",
        "-A INPUT -m time --timestart 08:00:00 --timestop 17:30:00 --weekdays Mon,Tue,Sat --datestop 2030-01-01T00:00:00 -j ACCEPT",
        "-A INPUT -m time --monthdays 1,15,31 --kerneltz -j ACCEPT",
        "-A OUTPUT -o eth0 -m owner ! --uid-owner 1000 --gid-owner 5-7 -j ACCEPT",
        "-A FORWARD -i br0 -m physdev --physdev-in eth0 --physdev-is-bridged -j ACCEPT",
    ];

    [Fact]
    public void Rules_of_iptables_nft_read_as_iptables_save_prints_them() => Check("iptables-nft", [.. Rules4], "filter");

    [Fact]
    public void Rules_of_iptables_legacy_read_as_iptables_save_prints_them() =>
        Check("iptables-legacy", [.. Rules4, "-A INPUT -i lo -j ACCEPT", "-A INPUT -f -j DROP", "-A INPUT -p gre -j RETURN"], "filter");

    [Fact]
    public void Translations_of_iptables_read_as_iptables_save_prints_them() => Check(
        "iptables-nft",
        [
            "-A PREROUTING ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80",
            "-A PREROUTING -d 192.0.2.1/32 -p tcp -j DNAT --to-destination 10.0.0.1-10.0.0.9:80-90 --random --persistent",
            "-A PREROUTING -p tcp -m tcp --dport 8130:8134 -j DNAT --to-destination 172.17.0.2:80-84/8130",
            "-A PREROUTING -p tcp -m tcp --dport 80 -j REDIRECT --to-ports 8080",
            "-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE",
            "-A POSTROUTING -s 10.0.0.0/8 -p tcp -j MASQUERADE --to-ports 1024-2048 --random-fully",
            "-A POSTROUTING -j SNAT --to-source 192.0.2.7",
        ],
        "nat");

    [Fact]
    public void Rules_of_ip6tables_read_as_ip6tables_save_prints_them() => Check(
        "ip6tables-nft",
        [
            "-A INPUT -p ipv6-icmp -m icmp6 --icmpv6-type 135 -m hl --hl-eq 255 -j ACCEPT",
            "-A INPUT -s fe80::/10 -d ff02::1/128 -m comment --comment x -j ACCEPT",
            "-A INPUT -p tcp -j REJECT --reject-with tcp-reset",
            "-A INPUT -j REJECT --reject-with icmp6-adm-prohibited",
        ],
        "filter");

    private static void Check(string program, string[] rules, string table) => Netns.Run(() =>
    {
        Tool.Feed($"{program}-restore", $"*{table}\n{string.Join('\n', rules)}\nCOMMIT\n");
        var saved =
            Tool.Feed($"{program}-save", "", "-t", table).Split('\n').Where(l => l.StartsWith("-A ", StringComparison.Ordinal)).ToList();
        var read = KernelRules.Read(TestContext.Current.CancellationToken).Require();
        var written = read.Tables.SelectMany(t => t.Chains.SelectMany(c => c.Rules.Select(r => Line(t, c, r)))).ToList();
        Assert.NotEmpty(saved);
        Assert.Equal(saved.Select(Plain).Order(StringComparer.Ordinal), written.Order(StringComparer.Ordinal));
    });

    private static string Line(RuleTable table, RuleChain chain, Rule rule) => $"-A {chain.Name} {RuleText.Of(table, rule)}";

    // Quotes that iptables-save needs not, names of protocols that not every system has, and a last date that stands for none.
    private static string Plain(string line) =>
        line.Replace("--comment x ", "--comment \"x\" ", StringComparison.Ordinal).Replace("-p gre", "-p 47", StringComparison.Ordinal)
            .Replace(" --datestop 2038-01-19T03:14:07", "", StringComparison.Ordinal);
}
