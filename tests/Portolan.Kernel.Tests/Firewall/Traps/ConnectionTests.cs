using Portolan.Kernel.Tests.Firewall.Referee;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Connection tracking.</summary>
public sealed class ConnectionTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private static RefereePacket Stray(TcpFlags flags) => Tcp(80, flags: flags);

    private static string In(string rules) => $"table inet a {{ chain in {{ type filter hook input priority 0; {rules}; }}\n}}";

    [Fact]
    public void What_comes_back_over_loopback_is_of_a_confirmed_connection_before_tracking_looks() => Agree(
        """
        table inet a { chain pre { type filter hook prerouting priority -300; udp dport 53 ct status confirmed drop; udp dport 123 ct status ! confirmed drop; }
        }
        """,
        (Udp(53, Own, Own) with { IsOutgoing = true }, Dropped), (Udp(123, Own, Own) with { IsOutgoing = true }, Delivered),
        (Udp(53), Delivered), (Udp(123), Delivered));

    [Fact]
    public void A_later_packet_of_a_connection_is_established_and_a_first_one_new() => Agree(
        In("ct state established accept; ct state new tcp dport 80 accept; drop"),
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Established(Tcp(22)), Delivered), (Udp(53), Dropped), (Established(Udp(53)), Delivered),
        (Established(Tcp6(22)), Delivered));

    [Fact]
    public void A_named_state_is_a_test_of_its_bit_and_several_of_any_of_them() => Agree(
        In("ct state established,related,new accept; drop"),
        (Tcp(80), Delivered), (Established(Tcp(22)), Delivered), (Stray(TcpFlags.Syn | TcpFlags.Ack), Dropped));

    [Fact]
    public void States_in_a_set_are_whole_values() => Agree(
        In("ct state { established, new } accept; drop"),
        (Tcp(80), Delivered), (Established(Tcp(22)), Delivered), (Stray(TcpFlags.Rst), Dropped));

    [Fact]
    public void A_state_that_is_not_new_may_be_invalid() => Agree(
        In("ct state != new drop"),
        (Tcp(80), Delivered), (Stray(TcpFlags.Syn | TcpFlags.Ack), Dropped), (Stray(TcpFlags.Fin), Dropped),
        (Stray(TcpFlags.None), Dropped), (Established(Tcp(22)), Dropped));

    [Fact]
    public void A_stray_acknowledgment_opens_a_connection() => Agree(
        In("ct state new tcp dport 80 drop; ct state established drop"),
        (Stray(TcpFlags.Ack), Dropped), (Tcp(80), Dropped), (Stray(TcpFlags.Rst), Delivered));

    [Fact]
    public void States_lead_a_verdict_map() => Agree(
        In("ct state vmap { established : accept, related : accept, invalid : drop }; tcp dport 80 accept; drop"),
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Established(Tcp(22)), Delivered), (Stray(TcpFlags.Syn | TcpFlags.Ack), Dropped));

    [Fact]
    public void Notrack_before_tracking_makes_packets_untracked() => Agree(
        """
        table inet a {
          chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack; }
          chain in { type filter hook input priority 0; ct state new drop; ct state untracked accept; drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void Notrack_behind_tracking_does_nothing() => Agree(
        """
        table inet a {
          chain late { type filter hook prerouting priority -100; notrack; }
          chain in { type filter hook input priority 0; ct state untracked drop; }
        }
        """,
        (Tcp(80), Delivered));

    [Fact]
    public void Before_tracking_a_packet_has_no_state_yet() => AgreeOrDepend(
        "table inet a { chain raw { type filter hook prerouting priority -300; ct state new drop; ct state untracked drop; ct state "
            + "invalid tcp dport 80 drop; }\n}",
        (Tcp(22), Delivered), (Tcp(80), Dropped));

    [Fact]
    public void What_an_untracked_packet_has_not_breaks_the_rule_also_when_negated() => Agree(
        """
        table inet a {
          chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack; }
          chain in { type filter hook input priority 0; ct mark 0 drop; ct mark != 1 drop; ct direction original drop; ct status ! dnat drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Dropped));

    [Fact]
    public void An_invalid_packet_belongs_to_no_connection() => Agree(
        In("ct direction original drop; ct mark 0 drop; ct status ! assured drop"),
        (Stray(TcpFlags.Syn | TcpFlags.Ack), Delivered), (Tcp(80), Dropped));

    [Fact]
    public void A_senders_first_packet_goes_in_the_original_direction() => Agree(
        In("ct direction reply drop; ct direction original tcp dport 80 drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Established(Tcp(22)), Delivered));

    [Fact]
    public void A_first_packet_is_not_confirmed_before_the_end_and_has_seen_no_reply() => Agree(
        In("ct status confirmed tcp dport 80 drop; ct status seen-reply tcp dport 80 drop; ct status ! seen-reply tcp dport 22 drop"),
        (Tcp(80), Delivered), (Tcp(22), Dropped));

    [Fact]
    public void A_connections_mark_is_zero_at_first_and_read_where_it_was_set() => Agree(
        """
        table inet a {
          chain pre { type filter hook prerouting priority 0; ct mark 0 tcp dport 80 ct mark set 5; }
          chain in { type filter hook input priority 0; ct mark 5 drop; meta mark set ct mark; meta mark != 0 drop; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(22), Delivered));

    [Fact]
    public void Neighbour_discovery_is_untracked() => Agree(
        In("ct state new,established,related,invalid drop; ct state untracked counter"),
        (Ping(A6, Own6) with { IcmpType = 135 }, Delivered), (Ping(A6, Own6), Dropped), (Ping(A6, Own6) with { IcmpType = 129 }, Dropped));

    [Fact]
    public void A_mark_set_before_routing_is_read_at_input_and_forward() => Agree(
        """
        table inet a {
          chain pre { type filter hook prerouting priority -150; iifname "eth1" meta mark set 9; }
        }
        table ip b {
          chain in { type filter hook input priority 0; meta mark 9 drop; }
          chain fw { type filter hook forward priority 0; meta mark 9 drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped), (Tcp(80, destination: Behind), Forwarded),
        (Tcp(80, destination: Behind, cable: 1), Dropped), (Tcp6(80, cable: 1), Delivered));

    [Fact]
    public void A_limit_lets_the_first_through_and_breaks_beyond()
    {
        // One after the other: the burst is for one packet.
        AgreeOrDepend(
            In("tcp dport 80 limit rate 1/hour burst 1 packets accept; tcp dport 22 accept; drop"), (Tcp(80), Delivered),
            (Tcp(22), Delivered));
    }

    [Fact]
    public void A_limit_that_is_exceeded_matches_only_then() => AgreeOrDepend(
        In("tcp dport 80 limit rate over 1/hour burst 1 packets drop"),
        (Tcp(80), Delivered), (Tcp(22), Delivered));

    [Fact]
    public void A_high_limit_does_not_hold_up() => AgreeOrDepend(
        In("limit rate 1000000/second burst 1000 packets accept; drop"),
        (Tcp(80), Delivered), (Udp(53), Delivered));

    [Fact]
    public void The_socket_of_a_connection_is_known_at_input_and_that_of_a_new_one_is_not() => AgreeOrDepend(
        In("meta skuid 0 drop"),
        (Established(Tcp(80)), Dropped), (Tcp(80), Delivered), (Udp(53), Delivered));
}
