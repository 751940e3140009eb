using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Rules of iptables, in legacy tables and inside nftables: the judge says of them what the kernel does.</summary>
public sealed class XtablesTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private const string Legacy = "legacy";
    private const string Nft = "nft";
    private const string Any = "198.18.0.3";

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void States_let_later_packets_through_and_stop_strays(string kind) => Check(
        kind,
        [
            "-A INPUT -m state --state ESTABLISHED -j ACCEPT",
            "-A INPUT -m conntrack --ctstate INVALID -j REJECT --reject-with icmp-host-prohibited",
            "-A INPUT -p tcp -m tcp --dport 80 -m state --state NEW -j ACCEPT",
            "-P INPUT DROP",
        ],
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Established(Tcp(22)), Delivered), (Tcp(80, flags: TcpFlags.Fin), "icmp 3/10"));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Several_ports_are_those_of_either_end_or_all_but_those(string kind) => Check(
        kind,
        [
            "-A INPUT -p tcp -m multiport --dports 22,8000:9000 -j DROP",
            "-A INPUT -p udp -m multiport ! --dports 53,123 -j REJECT",
            "-A INPUT -p tcp -m multiport --ports 443,5432 -j REJECT --reject-with tcp-reset",
            "-A INPUT -p tcp -m multiport --sports 1:100 -j DROP",
        ],
        (Tcp(22), Dropped), (Tcp(8080), Dropped), (Tcp(80), Delivered), (Udp(53), Delivered), (Udp(4000), "icmp 3/3"),
        (Tcp(443), Reset), (Tcp(80) with { SourcePort = 5432 }, Reset), (Tcp(80) with { SourcePort = 99 }, Dropped));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Sets_of_networks_have_exceptions_and_the_most_specific_element_decides(string kind) => CheckSets(
        kind,
        ["create nets hash:net", "add nets 203.0.113.0/24", "add nets 203.0.113.128/25 nomatch", "add nets 203.0.113.200",
            "create nets6 hash:net family inet6", "add nets6 2001:db8:ffff::/48"],
        ["-A INPUT -m set --match-set nets src -j DROP", "6 -A INPUT -m set ! --match-set nets6 src -p tcp --dport 80 -j DROP"],
        (Tcp(80), Dropped), (Tcp(80, B), Dropped), (Tcp(80, "203.0.113.199"), Delivered), (Tcp(80, "198.51.100.9"), Delivered),
        (Tcp6(80), Delivered), (Tcp6(80, "2001:db8:1::5", cable: 1), Dropped), (Tcp6(22, "2001:db8:1::5", cable: 1), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Sets_of_two_and_three_facts_take_each_from_the_side_that_is_named(string kind) => CheckSets(
        kind,
        [
            "create pair hash:ip,port", $"add pair {A},tcp:80", $"add pair {B},udp:53", "create way hash:ip,port,net",
            $"add way {A},tcp:22,{Own}",
            "create doors hash:net,iface", "add doors 192.0.2.0/24,eth1", "create two hash:ip,port,ip",
            $"add two 198.51.100.9,tcp:443,{Own}",
        ],
        [
            "-A INPUT -m set --match-set pair src,dst -j DROP",
            "-A INPUT -m set --match-set way src,dst,dst -j REJECT",
            "-A INPUT -m set --match-set doors src,src -j DROP",
            "-A INPUT -p tcp --dport 443 -m set ! --match-set two src,dst,dst -j REJECT --reject-with tcp-reset",
        ],
        (Tcp(80), Dropped), (Tcp(80, B), Delivered), (Udp(53, B), Dropped), (Udp(53), Delivered), (Tcp(22), "icmp 3/3"),
        (Tcp(22, B), Delivered),
        (Tcp(22, destination: Any), Delivered), (Tcp(22, "192.0.2.1", cable: 1), Dropped), (Tcp(22, "192.0.2.1"), Delivered),
        (Tcp(443, "198.51.100.9"), Delivered), (Tcp(443), Reset), (Tcp(443, "198.51.100.9", Any), Reset));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_set_of_ports_has_no_family(string kind) => CheckSets(
        kind,
        ["create ports bitmap:port range 0-65535", "add ports 80", "add ports 100-500"],
        ["-A INPUT -p tcp -m set --match-set ports dst -j DROP", "6 -A INPUT -p tcp -m set --match-set ports dst -j DROP",
            "-A INPUT -p icmp -m set --match-set ports dst -j DROP"],
        (Tcp(80), Dropped), (Tcp(443), Dropped), (Tcp(22), Delivered), (Tcp6(80), Dropped), (Tcp6(22), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_set_that_a_rule_fills_holds_the_packet_itself(string kind) => CheckSets(
        kind,
        ["create seen hash:ip"],
        ["-A INPUT -p tcp --dport 80 -j SET --add-set seen src", "-A INPUT -m set --match-set seen src -j DROP"],
        isProved: false,
        (Tcp(22), Delivered), (Tcp(80), Dropped));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_rejection_answers_as_it_is_told(string kind) => Check(
        kind,
        [
            "-A INPUT -p tcp --dport 80 -j REJECT", "-A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset",
            "-A INPUT -p udp -j REJECT --reject-with icmp-admin-prohibited",
            "-A FORWARD -j REJECT --reject-with icmp-net-unreachable", "6 -A INPUT -p tcp --dport 80 -j REJECT",
            "6 -A INPUT -p udp -j REJECT --reject-with icmp6-adm-prohibited",
        ],
        (Tcp(80), "icmp 3/3"), (Tcp(22), Reset), (Udp(53), "icmp 3/13"), (Tcp(80, destination: Behind), "icmp 3/0"), (Tcp6(80), "icmp 1/4"),
        (Udp(53, A6, Own6), "icmp 1/1"), (Tcp6(22), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_translated_destination_is_routed_and_filtered_as_translated(string kind) => Check(
        kind,
        [
            $"-t nat -A PREROUTING -d {Own} -p tcp --dport 80 -j DNAT --to-destination {Behind}:8080",
            "-t nat -A PREROUTING -p tcp --dport 443 -j REDIRECT --to-ports 22",
            "-t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination :4000", "-t nat -A POSTROUTING -o eth2 -j MASQUERADE",
            "-A INPUT -p tcp --dport 80 -j DROP", "-A FORWARD -m conntrack --ctstate DNAT -j ACCEPT", "-A FORWARD -j DROP",
            "-A INPUT -p tcp -m conntrack --ctorigdstport 443 -j ACCEPT", "-A INPUT -p tcp --dport 22 -j DROP",
        ],
        (Tcp(80), $"{Forwarded} {Behind}:8080"), (Tcp(80, destination: Any), Dropped), (Tcp(443), $"{Delivered} {Own}:22"),
        (Tcp(22), Dropped),
        (Udp(53), $"{Delivered} {Own}:4000"), (Tcp(8080, destination: Behind), Dropped));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_shifted_range_maps_each_port_to_its_own(string kind) => Check(
        kind,
        [
            $"-t nat -A PREROUTING -d {Own} -p tcp --dport 8130:8134 -j DNAT --to-destination {Behind}:80-84/8130",
            $"-t nat -A PREROUTING -d {Own} -p tcp --dport 82:90 -j DNAT --to-destination {Behind}:80-84/82",
            $"-t nat -A PREROUTING -d {Own} -p udp --dport 1:99 -j DNAT --to-destination {Behind}:7000-7006/100",
            $"-t nat -A PREROUTING -d {Own} -p udp --dport 500:600 -j DNAT --to-destination :9000-9000/7",
            $"6 -t nat -A PREROUTING -d {Own6} -p tcp --dport 8130:8134 -j DNAT --to-destination [{Behind6}]:80-84/8130",
        ],
        (Tcp(8130), $"{Forwarded} {Behind}:80"), (Tcp(8133), $"{Forwarded} {Behind}:83"), (Tcp(8134), $"{Forwarded} {Behind}:84"),
        (Tcp(83), $"{Forwarded} {Behind}:81"), (Tcp(86), $"{Forwarded} {Behind}:84"), (Tcp(88), $"{Forwarded} {Behind}:81"),
        (Udp(53), $"{Forwarded} {Behind}:{7000 + ((65536 + 53 - 100) % 7)}"), (Udp(555), $"{Delivered} {Own}:9000"),
        (Tcp6(8132), Forwarded), (Tcp(8135), Delivered));

    [Fact]
    public void A_map_of_ports_shifts_a_range_in_nft() => Agree(
        $$"""
        table ip shifted {
          chain c { type nat hook prerouting priority -100;
            ip daddr {{Own}} tcp dport 8130-8140 dnat to {{Behind}} : tcp dport map { 8130 : 80, 8131 : 81, 8132 : 82 }
            tcp dport 8200-8210 dnat to ip daddr . tcp dport map { {{Own}} . 8200 : {{Behind}} . 83, {{Own}} . 8201 : {{Behind}} . 84 }
          }
        }
        """,
        (Tcp(8130), $"{Forwarded} {Behind}:80"), (Tcp(8132), $"{Forwarded} {Behind}:82"), (Tcp(8133), Delivered),
        (Tcp(8201), $"{Forwarded} {Behind}:84"), (Tcp(8202), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void A_return_goes_back_and_a_goto_does_not(string kind) => Check(
        kind,
        [
            "-N side", "-N far", "-A side -p tcp --dport 80 -j RETURN", "-A side -p tcp --dport 22 -g far",
            "-A side -p tcp --dport 443 -j ACCEPT", "-A side -p tcp -j DROP",
            "-A far -s 203.0.113.0/25 -j RETURN", "-A far -j REJECT", "-A INPUT -j side",
            "-A INPUT -p tcp --dport 80 -s 203.0.113.0/25 -j REJECT --reject-with tcp-reset", "-A INPUT -p udp -j RETURN",
            "-P INPUT ACCEPT",
        ],
        (Tcp(80), Reset), (Tcp(80, B), Delivered), (Tcp(22), Delivered), (Tcp(22, B), "icmp 3/3"), (Tcp(443), Delivered),
        (Tcp(8080), Dropped), (Udp(53), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Marks_comments_and_limits(string kind) => Check(
        kind,
        [
            "-t mangle -A PREROUTING -p tcp --dport 80 -j MARK --set-mark 5",
            "-t mangle -A PREROUTING -m mark --mark 1/1 -j MARK --set-xmark 0x100/0xff00",
            "-t mangle -A PREROUTING -p tcp --dport 22 -j CONNMARK --set-mark 7",
            "-t mangle -A INPUT -p tcp --dport 22 -j CONNMARK --restore-mark",
            "-A INPUT -m mark --mark 0x105 -m comment --comment marked -j DROP", "-A INPUT -m connmark --mark 7 -m mark --mark 7 -j REJECT",
            "-A INPUT -p tcp --dport 443 -m limit --limit 10000/sec --limit-burst 1000 -m comment --comment enough -j ACCEPT",
            "-A INPUT -p tcp --dport 443 -j DROP",
            "-A INPUT -m mark ! --mark 0/0xff -p udp -j DROP",
        ],
        (Tcp(80), Dropped), (Tcp(22), "icmp 3/3"), (Tcp(443), Delivered), (Udp(53), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Types_and_ranges_of_addresses(string kind) => Check(
        kind,
        [
            "-A INPUT -p tcp --dport 80 -m addrtype --dst-type LOCAL -j DROP",
            "-A INPUT -p tcp --dport 22 -m addrtype ! --src-type UNICAST -j DROP",
            "-A INPUT -p udp -m addrtype --dst-type BROADCAST,MULTICAST -j DROP",
            "-A INPUT -m iprange --src-range 203.0.113.5-203.0.113.9 -p tcp --dport 443 -j REJECT",
            "-A INPUT -m iprange ! --dst-range 198.18.0.2-198.18.0.3 -p tcp --dport 5432 -j DROP",
            "-A FORWARD -m addrtype --dst-type LOCAL -j DROP",
            "-A INPUT -p tcp --dport 8080 -m addrtype --dst-type LOCAL --limit-iface-in -j DROP",
            "6 -A INPUT -p tcp --dport 80 -m addrtype --dst-type LOCAL -j DROP",
            "6 -A INPUT -m iprange --src-range 2001:db8:ffff::5-2001:db8:ffff::9 -p tcp --dport 443 -j REJECT",
        ],
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Udp(53, destination: "198.18.0.15"), Dropped), (Udp(53), Delivered),
        (Tcp(443), "icmp 3/3"), (Tcp(443, B), Delivered),
        (Tcp(5432), Delivered), (Tcp(5432, destination: "198.18.1.2", cable: 1), Dropped), (Tcp(80, destination: Behind), Forwarded),
        (Tcp(8080), Dropped),
        (Tcp(8080, destination: "198.18.1.2"), Delivered), (Tcp6(80), Dropped), (Tcp6(443), "icmp 1/4"), (Tcp6(22), Delivered));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void Flags_types_and_interfaces(string kind) => Check(
        kind,
        [
            "-A INPUT -p tcp ! --syn -m conntrack --ctstate NEW -j DROP", "-A INPUT -p tcp --tcp-flags ALL FIN,PSH,URG -j REJECT",
            "-A INPUT -p icmp --icmp-type echo-request -i eth1 -j DROP",
            "-A INPUT -i eth+ -p tcp --dport 80 -j DROP", "-A INPUT ! -i eth1 -p tcp --dport 22 -j REJECT",
            "-A FORWARD -i eth0 -o eth2 -p tcp --dport 22 -j DROP",
            "6 -A INPUT -p icmpv6 --icmpv6-type echo-request -j DROP", "-A INPUT ! -s 203.0.113.0/24 -p tcp --dport 443 -j DROP",
        ],
        (Tcp(22, flags: TcpFlags.Ack), Dropped), (Tcp(22, flags: TcpFlags.Fin | TcpFlags.Psh | TcpFlags.Urg), "icmp 3/3"),
        (Ping(), Delivered), (Ping(cable: 1), Dropped),
        (Tcp(80), Dropped), (Tcp(22), "icmp 3/3"), (Tcp(22, cable: 1), Delivered), (Tcp(22, destination: Behind), Dropped),
        (Tcp(22, destination: Behind, cable: 1), Forwarded),
        (Ping(A6, Own6), Dropped), (Tcp(443), Delivered), (Tcp(443, "192.0.2.1"), Dropped));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void What_is_taken_out_of_tracking_has_no_connection(string kind) => Check(
        kind,
        [
            "-t raw -A PREROUTING -p tcp --dport 80 -j CT --notrack", "-t nat -A PREROUTING -p tcp --dport 80 -j REDIRECT --to-ports 22",
            "-A INPUT -m conntrack --ctstate UNTRACKED -p tcp --dport 80 -j REJECT",
            "-A INPUT -m conntrack ! --ctstate NEW -j DROP", "-A INPUT -m connmark --mark 0 -p udp -j DROP",
        ],
        (Tcp(80), "icmp 3/3"), (Tcp(22), Delivered), (Udp(53), Dropped));

    [Theory]
    [InlineData(Legacy)]
    [InlineData(Nft)]
    public void The_length_of_a_packet_counts_its_header(string kind) => Check(
        kind,
        ["-A INPUT -p tcp --dport 80 -m length --length 40 -j DROP", "6 -A INPUT -p tcp --dport 80 -m length --length 60 -j DROP",
            "6 -A INPUT -p tcp --dport 22 -m length --length 20 -j DROP"],
        isProved: false,
        (Tcp(80), Dropped), (Tcp6(80), Dropped), (Tcp6(22), Delivered));

    private void Check(string kind, string[] rules, params (RefereePacket Packet, string Fate)[] cases) =>
        Check(kind, rules, isProved: true, cases);

    private void Check(string kind, string[] rules, bool isProved, params (RefereePacket Packet, string Fate)[] cases) => Run(
        () => Load(kind, rules),
        () => Unload(kind, rules),
        isProved,
        null,
        cases);

    private void Load(string kind, string[] rules)
    {
        try
        {
            foreach (var line in rules)
            {
                var isIPv6 = line.StartsWith("6 ", StringComparison.Ordinal);
                Lab.Target.Tool($"{(isIPv6 ? "ip6tables" : "iptables")}-{kind}", null, ["-w", .. line[(isIPv6 ? 2 : 0)..].Split(' ')]);
            }
        }
        catch
        {
            Unload(kind, rules);
            throw;
        }
    }

    private void CheckSets(string kind, string[] sets, string[] rules, params (RefereePacket Packet, string Fate)[] cases) =>
        CheckSets(kind, sets, rules, isProved: true, cases);

    private void CheckSets(string kind, string[] sets, string[] rules, bool isProved, params (RefereePacket Packet, string Fate)[] cases)
    {
        try
        {
            foreach (var line in sets)
            {
                Lab.Target.Tool("ipset", null, line.Split(' '));
            }

            Check(kind, rules, isProved, cases);
        }
        finally
        {
            Lab.Target.Tool("ipset", null, "destroy");
        }
    }

    private void Unload(string kind, string[] rules)
    {
        foreach (var program in (string[])["iptables", "ip6tables"])
        {
            foreach (var table in (string[])["filter", "nat", "mangle", "raw"])
            {
                if (!Array.Exists(
                    rules,
                    r => r.StartsWith("6 ", StringComparison.Ordinal) == (program == "ip6tables")
                        && (r.Contains($"-t {table} ", StringComparison.Ordinal)
                            || (table == "filter" && !r.Contains("-t ", StringComparison.Ordinal)))))
                {
                    continue;
                }

                if (kind == Nft)
                {
                    Lab.Target.Execute("/usr/sbin/nft", null, "delete", "table", program == "iptables" ? "ip" : "ip6", table);
                    continue;
                }

                Lab.Target.Tool($"{program}-legacy", null, "-w", "-t", table, "-F");
                Lab.Target.Tool($"{program}-legacy", null, "-w", "-t", table, "-X");
                Lab.Target.Tool(
                    $"{program}-legacy", null, "-w", "-t", table, "-P", table is "nat" or "raw" ? "PREROUTING" : "INPUT", "ACCEPT");
            }
        }
    }
}
