using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Network address translation, and the way packets take after it.</summary>
public sealed class TranslationTests(RefereeFixture fixture) : TrapTests(fixture)
{
    [Fact]
    public void After_translation_a_packet_for_another_host_meets_forward_and_not_input() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.2.2; }
        }
        table inet f {
          chain in { type filter hook input priority 0; policy drop; }
          chain fw { type filter hook forward priority 0; policy accept; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"), (Tcp(22), Dropped));

    [Fact]
    public void After_translation_a_packet_for_this_host_meets_input_and_not_forward() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; ip daddr 198.18.2.2 tcp dport 1-9000 dnat to 198.18.0.3:8080; }
        }
        table inet f {
          chain in { type filter hook input priority 0; policy drop; tcp dport 8080 accept; }
          chain fw { type filter hook forward priority 0; policy drop; }
        }
        """,
        (Tcp(80, destination: Behind), "delivered 198.18.0.3:8080"), (Tcp(80), Dropped));

    [Fact]
    public void Rules_behind_the_translation_see_the_new_destination() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.0.3:8080; }
        }
        table ip f { chain in { type filter hook input priority 0; policy drop; ip daddr 198.18.0.3 tcp dport 8080 accept; }
        }
        """,
        (Tcp(80), "delivered 198.18.0.3:8080"), (Tcp(8080), Dropped));

    [Fact]
    public void Rules_before_the_translation_see_the_old_destination() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.0.3:8080; }
        }
        table ip f { chain pre { type filter hook prerouting priority -150; tcp dport 80 drop; tcp dport 22 accept; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(8080), "delivered 198.18.0.2:8080"));

    [Fact]
    public void Of_two_translations_the_first_wins() => Agree(
        """
        table ip n {
          chain one { type nat hook prerouting priority -110; tcp dport 80 dnat to 198.18.2.2; }
          chain two { type nat hook prerouting priority -90; dnat to 198.18.2.3; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"), (Tcp(22), "forwarded 198.18.2.3:22"));

    [Fact]
    public void An_accept_in_a_translating_chain_does_not_keep_later_ones_from_translating() => AgreeOrDepend(
        """
        table ip n {
          chain one { type nat hook prerouting priority -110; tcp dport 80 accept; }
          chain two { type nat hook prerouting priority -90; dnat to 198.18.2.3; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.3:80"));

    [Fact]
    public void A_translation_ends_its_chain() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.2.2; tcp dport 80 drop; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"));

    [Fact]
    public void Translating_chains_see_only_the_first_packet_of_a_connection() => Agree(
        """
        table inet n { chain pre { type nat hook prerouting priority -100; drop; }
        }
        """,
        (Tcp(80), Dropped), (Established(Tcp(80)), Delivered), (Established(Udp(53)), Delivered));

    [Fact]
    public void A_redirect_goes_to_the_address_of_the_interface() => Agree(
        """
        table inet n { chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080; udp dport 53 redirect; }
        }
        """,
        (Tcp(80, destination: Behind), "delivered 198.18.0.2:8080"), (Tcp(80, destination: "198.18.0.3"), "delivered 198.18.0.2:8080"),
        (Tcp(80, cable: 1), "delivered 198.18.1.2:8080"), (Udp(53, destination: Behind), "delivered 198.18.0.2:53"),
        (Tcp6(80, destination: Behind6), "delivered 2001:db8::3:8080"));

    [Fact]
    public void A_map_gives_the_destination_and_goes_on_where_it_has_none() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100;
            dnat to tcp dport map { 80 : 198.18.2.2, 443 : 198.18.2.3 }
            tcp dport 22 dnat to 198.18.0.3
          }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"), (Tcp(443), "forwarded 198.18.2.3:443"), (Tcp(22), "delivered 198.18.0.3:22"),
        (Tcp(8080), "delivered 198.18.0.2:8080"));

    [Fact]
    public void A_map_gives_destination_and_port() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; dnat to tcp dport map { 80 : 198.18.2.2 . 8080, 443 : 198.18.0.3 . 22 }; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:8080"), (Tcp(443), "delivered 198.18.0.3:22"), (Tcp(5432), "delivered 198.18.0.2:5432"));

    [Fact]
    public void A_named_map_of_sources_gives_the_destination() => Agree(
        """
        table ip n {
          map m { type ipv4_addr : ipv4_addr; flags interval; elements = { 203.0.113.0/28 : 198.18.2.2, 203.0.113.128/25 : 198.18.2.3 }
          }
          chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to ip saddr map @m; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"), (Tcp(80, B), "forwarded 198.18.2.3:80"), (Tcp(80, "203.0.113.16"), Delivered),
        (Tcp(22), Delivered));

    [Fact]
    public void A_translation_of_the_port_keeps_the_address() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to :8080; }
        }
        """,
        (Tcp(80), "delivered 198.18.0.2:8080"), (Tcp(80, destination: Behind), "forwarded 198.18.2.2:8080"));

    [Fact]
    public void A_translation_of_one_family_in_an_inet_table_leaves_the_other() => Agree(
        """
        table inet n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat ip to 198.18.2.2; tcp dport 80 dnat ip6 to 2001:db8:2::3; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"), (Tcp6(80), "forwarded 2001:db8:2::3:80"));

    [Fact]
    public void Translated_connections_have_their_status() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.0.3; }
        }
        table ip f { chain in { type filter hook input priority 0; policy drop; ct status dnat accept; ct status ! dnat tcp dport 22 accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Delivered), (Tcp(443), Dropped));

    [Fact]
    public void A_translation_to_the_same_destination_is_none() => AgreeOrDepend(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.0.2; }
        }
        table ip f { chain in { type filter hook input priority 0; ct status dnat drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(80, destination: "198.18.0.3"), Dropped));

    [Fact]
    public void A_translation_to_loopback_leads_nowhere() => Agree(
        """
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 127.0.0.1; }
        }
        """,
        (Tcp(80), Lost));

    [Fact]
    public void The_senders_translation_does_not_hold_packets_up() => Agree(
        """
        table inet n {
          chain post { type nat hook postrouting priority 100; oifname "eth2" masquerade; }
          chain in { type nat hook input priority 100; tcp dport 22 snat ip to 198.18.1.5; }
        }
        """,
        (Tcp(80, destination: Behind), "forwarded 198.18.2.2:80"), (Tcp6(80, destination: Behind6), Forwarded), (Tcp(22), Delivered));

    [Fact]
    public void Forward_rules_see_the_sender_before_and_filters_at_the_end_behind_its_translation() => Agree(
        """
        table ip n { chain post { type nat hook postrouting priority 100; oifname "eth2" snat to 198.18.2.1; }
        }
        table ip f {
          chain fw { type filter hook forward priority 0; ip saddr 198.18.2.1 drop; }
          chain last { type filter hook postrouting priority 300; tcp dport 80 ip saddr 198.18.2.1 drop; }
        }
        """,
        (Tcp(22, destination: Behind), Forwarded), (Tcp(80, destination: Behind), Dropped));

    [Fact]
    public void Untracked_packets_are_not_translated() => Agree(
        """
        table ip r { chain pre { type filter hook prerouting priority -300; tcp dport 80 notrack; }
        }
        table ip n { chain pre { type nat hook prerouting priority -100; tcp dport { 80, 22 } dnat to 198.18.2.2; }
        }
        """,
        (Tcp(80), "delivered 198.18.0.2:80"), (Tcp(22), "forwarded 198.18.2.2:22"));
}
