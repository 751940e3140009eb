using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Families, headers and loads that fail.</summary>
public sealed class FamilyTests(RefereeFixture fixture) : TrapTests(fixture)
{
    [Fact]
    public void A_negated_IPv4_address_in_an_inet_table_does_not_mean_IPv6() => Agree(
        "table inet a { chain in { type filter hook input priority 0; ip saddr != 203.0.113.0/28 drop; }\n}",
        (Tcp(80), Delivered), (Tcp(80, B), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void A_negated_IPv4_set_in_an_inet_table_does_not_mean_IPv6() => Agree(
        """
        table inet a {
          set s { type ipv4_addr; flags interval; elements = { 203.0.113.0/28 }
          }
          chain in { type filter hook input priority 0; ip saddr != @s drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(80, B), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void A_table_of_one_family_does_not_see_the_other() => Agree(
        """
        table ip a { chain in { type filter hook input priority 0; tcp dport 80 drop; }
        }
        table ip6 b { chain in { type filter hook input priority 0; tcp dport 22 drop; }
        }
        """,
        (Tcp(80), Dropped), (Tcp6(80), Delivered), (Tcp(22), Delivered), (Tcp6(22), Dropped));

    [Fact]
    public void A_negated_port_does_not_mean_other_protocols() => Agree(
        "table inet a { chain in { type filter hook input priority 0; tcp dport != 80 drop; }\n}",
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Udp(53), Delivered), (Ping(), Delivered));

    [Fact]
    public void A_negated_test_of_the_family_means_the_other() => Agree(
        "table inet a { chain in { type filter hook input priority 0; meta nfproto != ipv4 tcp dport 80 drop; meta protocol ip tcp dport "
            + "22 drop; }\n}",
        (Tcp(80), Delivered), (Tcp6(80), Dropped), (Tcp(22), Dropped), (Tcp6(22), Delivered));

    [Fact]
    public void Th_ports_are_those_of_any_protocol_with_ports() => Agree(
        "table inet a { chain in { type filter hook input priority 0; meta l4proto { tcp, udp } th dport 53 drop; }\n}",
        (Tcp(53), Dropped), (Udp(53), Dropped), (Tcp6(53), Dropped), (Tcp(80), Delivered), (Ping(), Delivered));

    [Fact]
    public void Raw_bytes_of_the_transport_header_are_read_of_every_protocol() => Agree(
        "table inet a { chain in { type filter hook input priority 0; @th,16,16 53 drop; }\n}",
        (Tcp(53), Dropped), (Udp(53), Dropped), (Udp(54), Delivered));

    [Fact]
    public void Raw_bytes_of_the_network_header_are_read_in_both_families() => AgreeOrDepend(
        "table inet a { chain in { type filter hook input priority 0; @nh,96,32 0xcb007107 drop; @nh,64,16 0x2001 drop; }\n}",
        (Tcp(80), Dropped), (Tcp(80, B), Delivered), (Tcp6(80), Dropped));

    [Fact]
    public void Icmp_of_one_family_is_not_that_of_the_other() => Agree(
        "table inet a { chain in { type filter hook input priority 0; icmp type echo-request drop; }\n}",
        (Ping(), Dropped), (Ping(A6, Own6), Delivered));

    [Fact]
    public void Icmpv6_types_in_a_set_are_of_icmpv6_only() => Agree(
        "table inet a { chain in { type filter hook input priority 0; icmpv6 type { echo-request, nd-neighbor-solicit } drop; }\n}",
        (Ping(), Delivered), (Ping(A6, Own6), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void Icmp_type_and_code_are_tested_together() => Agree(
        "table inet a { chain in { type filter hook input priority 0; icmp type . icmp code { echo-request . 1, destination-unreachable . "
            + "0 } drop; }\n}",
        (Ping(), Delivered), (Ping() with { IcmpCode = 1 }, Dropped));

    [Fact]
    public void A_negated_protocol_is_every_other() => Agree(
        "table inet a { chain in { type filter hook input priority 0; meta l4proto != tcp drop; }\n}",
        (Tcp(80), Delivered), (Udp(53), Dropped), (Ping(A6, Own6), Dropped));

    [Fact]
    public void Ip_protocol_does_not_look_at_IPv6_and_nexthdr_not_at_IPv4() => Agree(
        "table inet a { chain in { type filter hook input priority 0; ip protocol tcp tcp dport 80 drop; ip6 nexthdr tcp tcp dport 22 "
            + "drop; }\n}",
        (Tcp(80), Dropped), (Tcp6(80), Delivered), (Tcp(22), Delivered), (Tcp6(22), Dropped));

    [Fact]
    public void Ports_are_in_network_order() => Agree(
        "table inet a { chain in { type filter hook input priority 0; tcp dport 5632 drop; tcp dport 80-443 drop; }\n}",
        (Tcp(22), Delivered), (Tcp(5632), Dropped), (Tcp(79), Delivered), (Tcp(80), Dropped), (Tcp(443), Dropped), (Tcp(444), Delivered),
        (Tcp(20480), Delivered));

    [Fact]
    public void Marks_are_numbers_of_the_host_also_in_ranges_and_sets() => Agree(
        """
        table inet a {
          chain pre { type filter hook prerouting priority 0; tcp dport 80 meta mark set 2; tcp dport 22 meta mark set 0x02000000; tcp dport 443 meta mark set 0x100; }
          chain in { type filter hook input priority 0; meta mark 1-3 drop; meta mark { 0x100, 0x200-0x2ff } drop; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(443), Dropped), (Tcp(8080), Delivered));

    [Fact]
    public void Marks_are_masked_toggled_and_shifted() => Agree(
        """
        table inet a {
          chain in { type filter hook input priority 0;
            tcp dport 80 meta mark set 0x6
            meta mark set meta mark | 0x10
            meta mark & 0x6 == 0x6 tcp dport 80 meta mark 0x16 meta mark set meta mark ^ 0x16
            tcp dport 80 meta mark 0 drop
            meta mark set meta mark << 4
            tcp dport 22 meta mark 0x100 drop
            meta mark set meta mark >> 6
            tcp dport 443 meta mark 4 drop
          }
        }
        """,
        (Tcp(80), Dropped), (Tcp(22), Dropped), (Tcp(443), Dropped), (Tcp(8080), Delivered));

    [Fact]
    public void Masks_need_not_be_prefixes() => Agree(
        "table inet a { chain in { type filter hook input priority 0; ip saddr & 0.0.0.255 == 7 drop; ip6 saddr & ::ffff != ::7 drop; tcp "
            + "dport & 1 == 1 drop; }\n}",
        (Tcp(80), Dropped), (Tcp(80, B), Delivered), (Tcp(443, B), Dropped), (Tcp6(80), Delivered),
        (Tcp6(80, "2001:db8:ffff::8"), Dropped));

    [Fact]
    public void A_destination_that_does_not_match_ends_a_rule_whose_interface_does() => Agree(
        "table ip6 a { chain pre { type filter hook prerouting priority 0; iif \"eth0\" ip6 daddr != 2001:db8::/32 drop; iif { \"eth0\", "
            + "\"lo\" } ip6 daddr 2001:db9::/32 drop; }\n}",
        (Tcp6(80), Delivered), (Tcp6(80, destination: Behind6), Forwarded), (Tcp6(80, destination: "2001:db9::1"), Dropped),
        (Tcp6(80, destination: "2001:db9::1", cable: 1), Forwarded));

    [Fact]
    public void Packets_to_this_hosts_hardware_address_are_for_the_host() => Agree(
        "table inet a { chain in { type filter hook input priority 0; meta pkttype != host drop; tcp dport 80 meta pkttype host drop; }\n}",
        (Tcp(80), Dropped), (Tcp(22), Delivered));
}
