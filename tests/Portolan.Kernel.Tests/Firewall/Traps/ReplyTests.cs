using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>What becomes of the answers to packets that were let in: the lab sees them on the cable.</summary>
public sealed class ReplyTests(RefereeFixture fixture) : TrapTests(fixture)
{
    [Fact]
    public void Output_rules_may_hold_answers_back() => Agree(
        """
        table inet a { chain out { type filter hook output priority 0; policy drop; ct state established tcp sport 80 accept; udp sport 53 accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Delivered), (Udp(53), Delivered), (Udp(123), Delivered), (Tcp6(80), Delivered),
        (Tcp6(22), Delivered));

    [Fact]
    public void Forward_rules_may_hold_answers_back() => Agree(
        """
        table inet a { chain fw { type filter hook forward priority 0; policy drop; iifname "eth0" accept; ct state established tcp sport 80 accept; }
        }
        """,
        (Tcp(80, destination: Behind), Forwarded), (Tcp(22, destination: Behind), Forwarded), (Udp(53, destination: Behind), Forwarded));

    [Fact]
    public void Answers_do_not_meet_translating_chains() => Agree(
        """
        table ip n {
          chain pre { type nat hook prerouting priority -100; tcp dport 80 dnat to 198.18.2.2; }
          chain post { type nat hook postrouting priority 100; tcp sport 80 drop; }
        }
        """,
        (Tcp(80), "forwarded 198.18.2.2:80"));

    [Fact]
    public void Answers_of_untracked_packets_are_not_established() => Agree(
        """
        table inet a {
          chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack; }
          chain out { type filter hook output priority 0; ct state established drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Delivered));

    [Fact]
    public void Answers_of_a_known_connection_are_known_also_where_its_packet_is_not_tracked() => Agree(
        """
        table inet t {
          chain raw { type filter hook prerouting priority -300; notrack; }
          chain post { type nat hook postrouting priority 100; udp sport 53 drop; }
        }
        """,
        (Established(Udp(53)), Delivered));

    [Fact]
    public void What_is_not_known_of_a_packet_is_not_known_of_its_answer() => AgreeOrDepend(
        """
        table inet t {
          chain fw { type filter hook forward priority 0; ct mark 0 return; udp dport 53 accept; ct state established reject; }
        }
        """,
        (Established(Udp(53, destination: Behind)), Forwarded));
}
