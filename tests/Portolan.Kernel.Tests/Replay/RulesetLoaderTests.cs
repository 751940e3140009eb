using System.Globalization;
using System.Text;
using Portolan.Firewall.Acquire;
using Portolan.Firewall.Host;
using Portolan.Firewall.Replay.Loading;
using Portolan.Firewall.Replay.Rebuilding;
using Portolan.Firewall.Rules.Reading;
using Portolan.Kernel.Tests.Support;
using Portolan.Linux.Netlink;
using Portolan.Linux.Scratch;

namespace Portolan.Kernel.Tests.Replay;

/// <summary>
/// Rules read from one namespace and loaded into another from the kernel's own messages are the same when they are read back.
/// </summary>
public sealed class RulesetLoaderTests
{
    [Theory]
    [MemberData(nameof(Rulesets))]
    public void The_rules_read_back_are_the_same(string name)
    {
        using var pair = LabPair.Create();
        // nft 1.0.6 wants a line's end behind a block.
        pair.Target.Nft(System.Text.RegularExpressions.Regex.Replace(Corpus[name], @"\}[ ]+(?=\}|chain|table)", "}\n") + "\n");

        AssertSame(pair.Target);
    }

    [Fact]
    public void Rules_of_iptables_nft_too()
    {
        var restore = Tool.Find("iptables-nft-restore");
        using var pair = LabPair.Create();
        var (_, error, exit) = pair.Target.Execute(restore, """
            *raw
            :PREROUTING ACCEPT [0:0]
            -A PREROUTING -p udp -m udp --dport 53 -j CT --notrack
            COMMIT
            *nat
            :PREROUTING ACCEPT [0:0]
            :POSTROUTING ACCEPT [0:0]
            :DOCKER - [0:0]
            -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
            -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
            -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
            COMMIT
            *filter
            :INPUT DROP [12:3456]
            :FORWARD DROP [0:0]
            :OUTPUT ACCEPT [0:0]
            :own - [0:0]
            -A INPUT -i lo -j ACCEPT
            -A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
            -A INPUT -p tcp -m multiport --dports 22,80,443 -m comment --comment "web and ssh" -j own
            -A INPUT -p tcp -m tcp --dport 9000:9100 --tcp-flags FIN,SYN,RST,ACK SYN -j ACCEPT
            -A INPUT ! -p udp -m hashlimit --hashlimit-above 5/sec --hashlimit-burst 10 --hashlimit-mode srcip --hashlimit-name flood -j DROP
            -A INPUT -p icmp -m icmp --icmp-type 8 -m limit --limit 5/min -j ACCEPT
            -A INPUT -p udp -m udp --dport 137 -j LOG --log-prefix "[UFW BLOCK] "
            -A INPUT -m recent --set --name seen --rsource
            -A INPUT -m mark --mark 0x1/0xff -j REJECT --reject-with icmp-port-unreachable
            -A own -s 198.18.0.0/16 -m tcp -p tcp -j RETURN
            -A own -m iprange --src-range 192.0.2.1-192.0.2.9 -j ACCEPT
            -A own -p tcp -j REJECT --reject-with tcp-reset
            COMMIT

            """, "-w");
        Assert.True(exit == 0, error);

        AssertSame(pair.Target);
    }

    [Fact]
    public void A_set_of_a_hundred_thousand_elements_and_a_long_chain()
    {
        using var pair = LabPair.Create();
        var rules = new StringBuilder("table inet big {\nset s { type ipv4_addr; elements = { ");
        for (var number = 0; number < 100_000; number++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"10.{number >> 16}.{(number >> 8) & 255}.{number & 255},");
        }

        rules.Append("} }\nchain c { type filter hook input priority 0; policy drop;\n");
        for (var port = 1; port < 3000; port++)
        {
            rules.Append(CultureInfo.InvariantCulture, $"tcp dport {{ {port}, {port + 10000} }} ip saddr @s counter accept\n");
        }

        pair.Target.Nft(rules.Append("}\n}\n").ToString());

        AssertSame(pair.Target);
    }

    public static TheoryData<string> Rulesets() => [.. Corpus.Keys];

    private static void AssertSame(LabHost host)
    {
        var (facts, original) = host.Run(() =>
        {
            using var channel = NetlinkSocket.Open(NetlinkFamily.Route);
            return (HostFactsReader.Read(channel, "/proc", CancellationToken.None), KernelRules.Read(CancellationToken.None).Require());
        });
        Assert.Empty(original.Missing);
        Assert.NotEmpty(original.Tables);
        using var scratch = ReplayProgram.Start();
        Assert.Empty(HostBuilder.BuildInterfaces(scratch, facts, CancellationToken.None));
        using var netfilter = scratch.OpenNetlink(ScratchPlace.Near, NetlinkFamily.Netfilter);

        var problems = RulesetLoader.Load(netfilter, original);

        Assert.True(problems.Count == 0, string.Join("\n", problems));
        var loaded = RulesetReader.Read(netfilter, CancellationToken.None).Require();
        var differences = RulesetComparison.Differences(original, loaded);
        Assert.True(differences.Count == 0, string.Join("\n", differences));
    }

    private static readonly Dictionary<string, string> Corpus = new(StringComparer.Ordinal)
    {
        ["hooks, policies and priorities"] = """
            table inet a { chain i { type filter hook input priority filter; policy drop; }
              chain p { type filter hook prerouting priority -301; policy accept; } chain f { type filter hook forward priority 10; policy drop; }
              chain o { type route hook output priority mangle; } }
            table ip n { chain p { type nat hook prerouting priority dstnat; } chain q { type nat hook postrouting priority srcnat; } chain o { type nat hook output priority -100; } }
            table ip6 m { chain o { type filter hook output priority 0; policy accept; } }
            """,
        ["the corpus of the reader"] = Firewall.Reading.EveryExpression.Ruleset,
        ["a dormant table"] =
            "table ip d { flags dormant; comment \"asleep\"; chain i { type filter hook input priority 0; policy drop; } }",
        ["sets of all shapes"] = """
            table inet s {
              set single { type ipv4_addr; elements = { 192.0.2.1, 192.0.2.2 } }
              set ranges { type ipv4_addr; flags interval; auto-merge; elements = { 10.0.0.0/8, 192.0.2.5-192.0.2.77, 192.0.2.78, 255.255.255.0/24, 0.0.0.0/8 } }
              set six { type ipv6_addr; flags interval; elements = { 2001:db8::/32, fe80::/10, 2001:db9:: } }
              set concat { type ipv4_addr . inet_service . inet_proto; elements = { 192.0.2.1 . 80 . tcp, 192.0.2.1 . 53 . udp } }
              set both { type ipv4_addr . inet_service; flags interval; elements = { 192.0.2.0/24 . 80-90, 10.0.0.1 . 0-65535 } }
              set names { type ifname; elements = { "eth0", "wlan0" } }
              set wild { type ifname; flags interval; elements = { "eth*", "veth1" } }
              set timed { type ipv4_addr; flags timeout; timeout 1h; elements = { 192.0.2.9 timeout 10m expires 5m comment "soon", 192.0.2.10 } }
              set dynamic_one { type ipv4_addr; size 1024; flags dynamic,timeout; timeout 1m; }
              set counted { type ipv4_addr; counter; elements = { 192.0.2.3 counter packets 5 bytes 6 } }
              set marks { type mark; elements = { 1, 0xffffffff } }
              set typed { typeof ip saddr . meta iifname; comment "from here"; }
              set empty { type inet_service; flags constant; }
              map ports { type inet_service : ipv4_addr . inet_service; elements = { 80 : 192.0.2.1 . 8080 } }
              map every { type ipv4_addr : verdict; flags interval; elements = { 10.0.0.0/8 : jump ten, 192.0.2.0/24 : goto two, * : drop } }
              map marking { type ipv4_addr : mark; elements = { 192.0.2.1 : 7 } }
              chain ten { accept; }
              chain two { }
              chain i { type filter hook input priority 0;
                ip saddr @single accept
                ip saddr @ranges drop
                ip6 saddr @six accept
                ip saddr . tcp dport . meta l4proto @concat accept
                ip saddr . tcp dport @both accept
                iifname @names accept
                ip saddr vmap @every
                meta mark set ip saddr map @marking
                add @dynamic_one { ip saddr limit rate over 10/second }
                update @dynamic_one { ip saddr timeout 5m }
                tcp dport { 22, 80-90, 443 } accept
                ip saddr { 10.0.0.0/8, 192.0.2.1 } tcp dport vmap { 1 : accept, 2-5 : jump ten, 9 : drop }
                ct state vmap { established : accept, related : accept, invalid : drop }
                iifname . ip saddr { "eth0" . 192.0.2.1, "eth1" . 192.0.2.2 } accept
                meta mark set tcp dport map { 1 : 5, 2 : 6 }
              }
            }
            """,
        ["objects"] = """
            table inet o {
              counter hits { packets 12 bytes 3400 comment "hits" }
              quota monthly { over 25 mbytes used 3 mbytes }
              limit slow { rate 10/minute burst 5 packets }
              ct helper ftp-std { type "ftp" protocol tcp; l3proto inet; }
              ct timeout fast { protocol tcp; l3proto ip; policy = { established : 120, close : 20 }; }
              synproxy sp { mss 1460; wscale 7; timestamp sack-perm; }
              map by_source { type ipv4_addr : counter; elements = { 192.0.2.1 : "hits" } }
              map limits { type inet_service : limit; elements = { 22 : "slow" } }
              chain i { type filter hook input priority 0;
                counter name "hits" quota name "monthly" drop
                limit name "slow" accept
                counter name ip saddr map @by_source
                tcp dport 21 ct helper set "ftp-std"
                tcp dport 80 ct timeout set "fast"
                limit name tcp dport map { 1 : "slow", 2 : "slow" } accept
              }
            }
            """,
        ["expressions of all kinds"] = """
            table inet e {
              chain c { }
              chain inner { type filter hook prerouting priority raw; udp dport 53 notrack
                fib saddr . iif oif missing drop
                fib daddr type { local, broadcast } accept
                fib daddr . iif type != local drop
                meta nftrace set 1
              }
              chain i { type filter hook input priority 0; policy drop;
                ct state established,related accept
                ct state invalid drop
                ct status dnat accept
                ct mark 5 ct direction original accept
                ct original ip saddr 10.0.0.1 accept
                iif lo accept
                iif != lo ip daddr 127.0.0.0/8 drop
                iifgroup 5 accept
                iifname "eth*" oifname "wan" accept
                meta pkttype broadcast drop
                meta length > 1000 accept
                meta mark and 0xff == 0x12 accept
                meta skuid 1000 meta skgid != 5 accept
                meta hour "09:00"-"17:00" accept
                meta day { "Monday", "Friday" } accept
                meta cpu 1 accept
                ip ttl < 5 drop
                ip dscp cs1 accept
                ip frag-off & 0x1fff != 0 drop
                ip6 hoplimit 255 icmpv6 type { nd-neighbor-solicit, nd-router-advert } accept
                ip6 nexthdr tcp exthdr frag exists accept
                ip option rr exists drop
                tcp flags & (fin|syn|rst|ack) == syn accept
                tcp flags syn tcp option maxseg size 1-500 drop
                tcp option sack-perm exists accept
                icmp type echo-request limit rate 5/second burst 10 packets accept
                limit rate over 10 mbytes/second drop
                @th,16,16 53 accept
                @nh,64,8 & 0xf0 == 0x10 accept
                ip saddr != 192.0.2.0/24 ip saddr 10.0.0.0-10.0.0.99 accept
                tcp dport != 22 tcp sport 1024-65535 accept
                meta mark set ct mark
                ct mark set meta mark or 0x10
                meta priority set 1:2
                ip dscp set cs3
                numgen random mod 3 0 accept
                numgen inc mod 3 vmap { 0 : accept, 1 : drop }
                jhash ip saddr mod 4 1 accept
                symhash mod 2 0 accept
                ct count over 10 reject with tcp reset
                quota over 5 mbytes drop
                socket transparent 1 accept
                log prefix "dropped: " level info flags all counter
                log prefix "to group" group 5 snaplen 64 queue-threshold 3
                tcp dport 1 reject
                tcp dport 2 reject with icmpx admin-prohibited
                ip protocol udp reject with icmp host-unreachable
                tcp dport 4 jump c
                tcp dport 5 goto c
                tcp dport 6 return
                tcp dport 7 jump { tcp sport 1 accept; drop; }
                tcp dport 8 synproxy mss 1460 wscale 7 timestamp sack-perm
                rt ip nexthop 192.0.2.1 accept
                ipsec in reqid 5 accept
                tcp dport 9 accept comment "with a comment"
                counter packets 7 bytes 8
              }
              chain t { type filter hook prerouting priority mangle; tcp dport 80 tproxy ip to 127.0.0.1:8080 meta mark set 1 accept; }


            }
            """,
        ["translation"] = """
            table ip n {
              map targets { type inet_service : ipv4_addr . inet_service; elements = { 80 : 192.0.2.1 . 8080, 443 : 192.0.2.2 . 8443 } }
              chain p { type nat hook prerouting priority dstnat;
                tcp dport 81 dnat to 192.0.2.1:80
                dnat ip to tcp dport map @targets
                tcp dport 90-99 redirect to :8000-8009
                udp dport 53 redirect to :5353 random
                dnat to 192.0.2.1-192.0.2.9 persistent
              }
              chain q { type nat hook postrouting priority srcnat; oifname "eth0" masquerade fully-random; ip saddr 10.0.0.0/8 ip protocol tcp snat to 192.0.2.5:1024-2000; }
            }
            table ip6 n { chain p { type nat hook prerouting priority -100; tcp dport 80 dnat to [2001:db8::1]:8080; } }
            """,
        ["devices, bridges and ARP"] = """
            table netdev d { chain in { type filter hook ingress device "eth0" priority -500; policy accept; ip saddr 192.0.2.1 drop; ether saddr 02:00:00:00:00:01 accept; meta mark set 5; } }
            table bridge b { chain f { type filter hook forward priority 0; policy accept; ether type ip ip saddr 192.0.2.1 drop; vlan id 5 drop; } }
            table arp a { chain i { type filter hook input priority 0; arp operation request arp saddr ip 192.0.2.1 drop; } }
            table inet g { chain in { type filter hook ingress device "eth0" priority 0; ip daddr 192.0.2.1 drop; } }
            """,
        ["names and comments that are hostile"] =
            "table inet t {\n comment \"a \\\\ \u001b[31m b\"\n set s { type ipv4_addr; comment \"\u202e\"; }\n chain ch { comment "
                + "\"one\"\n type filter hook input priority 0; log prefix \"%n%s \u001b[2J\"\n counter comment \"\u001b]0;x\u0007\"\n }\n"
                + "}",
    };
}
