using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Interfaces, routes and what the kernel looks up.</summary>
public sealed class InterfaceTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private static string In(string rules) => $"table inet a {{ chain in {{ type filter hook input priority 0; {rules}; }}\n}}";

    [Fact]
    public void A_name_with_a_star_is_a_beginning_and_one_without_the_whole() => Agree(
        In("iifname \"eth*\" tcp dport 80 drop; iifname \"eth\" tcp dport 22 drop; iifname \"e*\" tcp dport 443 "
            + "drop; iifname \"eth0x\" drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(443), Dropped), (Tcp(8080), Delivered));

    [Fact]
    public void A_negated_name_is_every_other() => Agree(
        In("iifname != \"eth0\" drop; iifname != \"eth*\" drop"),
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped));

    [Fact]
    public void An_index_is_the_interface_that_had_the_name_when_the_rule_was_made()
    {
        Lab.Target.Ip("link add tmp0 type veth peer name tmp1");
        Lab.Target.Ip("link set tmp0 name other0");
        Agree(In("iif \"other0\" drop; iifname \"tmp0\" drop; iif \"eth1\" drop"), (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped));
        Lab.Target.Ip("link del other0");
    }

    [Fact]
    public void A_group_is_that_of_the_interface() => Agree(
        In("iifgroup 7 tcp dport 80 drop; iifgroup default tcp dport 22 drop"),
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped), (Tcp(22), Dropped), (Tcp(22, cable: 1), Delivered));

    [Fact]
    public void At_input_there_is_no_output_interface_and_its_name_is_empty() => Agree(
        In("oifname \"eth0\" drop; tcp dport 80 oifname != \"eth0\" drop; tcp dport 22 oif != \"eth0\" drop"),
        (Tcp(80), Dropped), (Tcp(22), Dropped), (Tcp(443), Delivered));

    [Fact]
    public void Before_routing_there_is_no_output_interface() => Agree(
        "table inet a { chain pre { type filter hook prerouting priority 0; oifname \"eth2\" drop; tcp dport 80 oifname != \"eth2\" drop; "
            + "}\n}",
        (Tcp(80, destination: Behind), Dropped), (Tcp(22, destination: Behind), Forwarded));

    [Fact]
    public void Behind_routing_the_type_of_the_input_interface_is_that_of_the_output_interface() => Agree(
        """
        table inet a {
          chain out { type filter hook output priority 0; iiftype ether drop; iiftype != 77 drop; }
          chain post { type filter hook postrouting priority 0; udp dport 53 iiftype ether drop; udp dport 54 iifname "eth2" drop; udp dport 54 iif "eth2" drop; iifgroup 0 oifname "eth0" drop; }
        }
        """,
        (Udp(53, Own, Behind) with { IsOutgoing = true }, Dropped), (Udp(54, Own, Behind) with { IsOutgoing = true }, Forwarded),
        (Udp(53, destination: Behind), Dropped), (Udp(55, Own, A) with { IsOutgoing = true }, Forwarded));

    [Fact]
    public void At_egress_only_the_output_interface_is_known_and_the_frame_is_this_hosts() => Agree(
        """
        table netdev a {
          chain leaving { type filter hook egress device "eth2" priority 0;
            tcp dport 80 oifname "eth2" drop; tcp dport 22 iifname "eth0" drop; tcp dport 443 iif 0 drop; tcp dport 8080 iifgroup 0 drop;
            udp dport 53 iiftype ether drop; udp dport 123 ether type ip drop; udp dport 4000 meta protocol ip drop; }
          chain answers { type filter hook egress device "eth0" priority 0; ip daddr 203.0.113.200 drop; }
        }
        """,
        (Tcp(80, destination: Behind), Dropped), (Tcp(22, destination: Behind), Forwarded), (Tcp(443, destination: Behind), Dropped),
        (Tcp(8080, destination: Behind), Forwarded),
        (Udp(53, destination: Behind), Dropped), (Udp(123, destination: Behind), Dropped), (Udp(4000, destination: Behind), Dropped),
        (Udp(55, destination: Behind), Forwarded),
        (Udp(123, Own, Behind) with { IsOutgoing = true }, Dropped), (Udp(55, Own, Behind) with { IsOutgoing = true }, Forwarded),
        (Tcp(80), Delivered), (Tcp(80, B), Delivered));

    [Fact]
    public void Over_loopback_a_packet_has_no_socket_and_passes_the_chains_of_lo() => AgreeOrDepend(
        """
        table inet a {
          chain in { type filter hook input priority 0; meta skuid 0 udp dport 53 drop; }
        }
        table netdev b {
          chain gone { type filter hook egress device "lo" priority 0; udp dport 123 drop; }
          chain came { type filter hook ingress device "lo" priority 0; udp dport 4000 drop; }
        }
        """,
        (Udp(53, Own, Own) with { IsOutgoing = true }, Delivered), (Udp(123, Own, Own) with { IsOutgoing = true }, Dropped),
        (Udp(4000, Own, Own) with { IsOutgoing = true }, Dropped),
        (Udp(55, Own, Own) with { IsOutgoing = true }, Delivered));

    [Fact]
    public void The_type_of_a_packet_for_many_is_that_of_its_frame() => AgreeOrDepend(
        In("udp dport 53 meta pkttype multicast drop; udp dport 123 meta pkttype broadcast drop; udp dport 4000 meta pkttype host drop; "
            + "udp dport 55 meta pkttype { host, broadcast, multicast } drop"),
        (Udp(53, destination: "224.0.0.1"), Dropped), (Udp(123, destination: "224.0.0.1"), Delivered),
        (Udp(4000, destination: "224.0.0.1"), Delivered), (Udp(55, destination: "224.0.0.1"), Dropped),
        (Udp(123, destination: "198.18.0.15"), Delivered), (Udp(4000, destination: "198.18.0.15"), Dropped), (Udp(4000), Dropped),
        (Udp(53), Delivered));

    [Fact]
    public void A_forwarded_packet_has_both_interfaces() => Agree(
        "table inet a { chain fw { type filter hook forward priority 0; policy drop; iifname \"eth0\" oifname \"eth2\" accept; iif "
            + "\"eth1\" oif \"eth2\" tcp dport 80 accept; }\n}",
        (Tcp(22, destination: Behind), Forwarded), (Tcp(22, destination: Behind, cable: 1), Dropped),
        (Tcp(80, destination: Behind, cable: 1), Forwarded), (Tcp(22, destination: "192.0.2.1"), Dropped));

    [Fact]
    public void An_own_address_from_outside_is_not_let_in() => Agree(
        In("tcp dport 9 drop"),
        (Tcp(80, "198.18.0.3"), Lost), (Tcp(80, "127.0.0.1"), Lost), (Tcp(80, "255.255.255.255"), Lost), (Tcp(80, "224.0.0.5"), Lost),
        (Tcp6(80, "ff02::1"), Lost));

    [Fact]
    public void From_nobody_to_nobody_is_a_broadcast_and_with_one_of_them_alone_nothing_is_let_in() => Agree(
        In("tcp dport 9 drop"),
        (Tcp(80, "0.0.0.0", "0.0.0.0"), Delivered), (Tcp(9, "0.0.0.0", "0.0.0.0"), Dropped),
        (Tcp(80, destination: "0.0.0.0"), Lost), (Tcp(80, "0.0.0.0"), Lost), (Tcp(80, "127.0.0.1", "0.0.0.0"), Lost));

    [Fact]
    public void A_rule_of_two_tests_is_taken_by_the_one_that_is_open_for_the_packets_at_hand() => Agree(
        // The answer to the first packet arrives on eth0 to any port; the second goes to one port and may arrive on any interface.
        "table inet a { chain pre { type filter hook prerouting priority -300; tcp dport { 22-25, 4000 } iif { \"eth0\", \"lo\" } drop; }\n"
            + "}",
        (Tcp(80, destination: "192.0.2.1", cable: 1), Forwarded), (Tcp(22), Dropped), (Tcp(22, cable: 1), Delivered), (Tcp(80), Delivered));

    [Fact]
    public void The_strict_filter_of_senders_comes_behind_prerouting()
    {
        Lab.Target.Setting("net/ipv4/conf/eth1/rp_filter", "1");
        try
        {
            Agree(
                "table ip a { chain pre { type filter hook prerouting priority 0; tcp dport 22 drop; }\n}",
                (Tcp(80, cable: 1), Lost), (Tcp(22, cable: 1), Dropped), (Tcp(80, "198.51.100.9", cable: 1), Delivered),
                (Tcp(80), Delivered), (Tcp6(80, cable: 1), Delivered));
        }
        finally
        {
            Lab.Target.Setting("net/ipv4/conf/eth1/rp_filter", "0");
        }
    }

    [Fact]
    public void A_blackhole_or_missing_route_ends_a_forwarded_packet()
    {
        Lab.Target.Ip("route add blackhole 192.0.2.128/25");
        Lab.Target.Ip("-6 route add unreachable 2001:db8:bad::/48");
        try
        {
            Agree(
                In("tcp dport 9 drop"),
                (Tcp(80, destination: "192.0.2.200"), Lost), (Tcp(80, destination: "192.0.2.1"), Forwarded),
                (Tcp6(80, destination: "2001:db8:bad::1"), Lost));
        }
        finally
        {
            Lab.Target.Ip("route del blackhole 192.0.2.128/25");
            Lab.Target.Ip("-6 route del unreachable 2001:db8:bad::/48");
        }
    }

    [Fact]
    public void A_mark_chooses_the_route()
    {
        Lab.Target.Ip("rule add fwmark 5 lookup 100");
        Lab.Target.Ip("route add default via 198.18.2.2 dev eth2 table 100");
        try
        {
            Agree(
                """
                table inet a {
                  chain pre { type filter hook prerouting priority -150; tcp dport 80 meta mark set 5; }
                  chain fw { type filter hook forward priority 0; oifname "eth2" drop; }
                }
                """,
                (Tcp(80, destination: "192.0.2.1"), Dropped), (Tcp(22, destination: "192.0.2.1"), Forwarded));
        }
        finally
        {
            Lab.Target.Ip("route flush table 100");
            Lab.Target.Ip("rule del fwmark 5 lookup 100");
        }
    }

    [Fact]
    public void A_chain_at_a_device_sees_that_devices_packets_before_all_others() => Agree(
        """
        table netdev a {
          chain first { type filter hook ingress device "eth0" priority 0; ip saddr 203.0.113.0/28 tcp dport 80 drop; ip6 saddr 2001:db8:ffff::/48 drop; }
        }
        table inet b { chain raw { type filter hook prerouting priority -300; ip saddr 203.0.113.7 tcp dport 80 accept; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(80, cable: 1), Delivered), (Tcp(80, B), Delivered), (Tcp6(80), Dropped), (Tcp6(80, cable: 1), Delivered));

    [Fact]
    public void An_ingress_chain_of_an_inet_table_is_one_of_a_device_too() => Agree(
        """
        table inet a {
          chain first { type filter hook ingress device "eth1" priority 0; tcp dport 80 drop; meta mark set 4; }
          chain in { type filter hook input priority 0; meta mark 4 tcp dport 22 drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped), (Tcp6(80, cable: 1), Dropped), (Tcp(22, cable: 1), Dropped),
        (Tcp(22), Delivered));
}
