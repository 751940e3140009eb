using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>How packets are refused.</summary>
public sealed class RejectTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private static string In(string rules) => $"table inet a {{ chain in {{ type filter hook input priority 0; {rules}; }}\n}}";

    [Fact]
    public void A_reject_without_a_kind_says_port_unreachable_in_either_family() => Agree(
        In("reject"),
        (Tcp(80), "icmp 3/3"), (Udp(53), "icmp 3/3"), (Tcp6(80), "icmp 1/4"), (Ping(), "icmp 3/3"));

    [Fact]
    public void A_reset_is_for_tcp() => Agree(
        In("tcp dport 80 reject with tcp reset; reject"),
        (Tcp(80), Reset), (Tcp6(80), Reset), (Tcp(22), "icmp 3/3"));

    [Theory]
    [InlineData("port-unreachable", "icmp 3/3", "icmp 1/4")]
    [InlineData("admin-prohibited", "icmp 3/13", "icmp 1/1")]
    [InlineData("no-route", "icmp 3/0", "icmp 1/0")]
    [InlineData("host-unreachable", "icmp 3/1", "icmp 1/3")]
    public void Icmpx_means_each_familys_own_code(string kind, string four, string six) => Agree(
        In($"reject with icmpx type {kind}"), (Tcp(80), four), (Tcp6(80), six));

    [Fact]
    public void A_reject_of_one_family_in_an_inet_table_leaves_the_other() => Agree(
        In("reject with icmp type host-prohibited; tcp dport 80 reject with icmpv6 type admin-prohibited"),
        (Tcp(80), "icmp 3/10"), (Tcp6(80), "icmp 1/1"), (Tcp6(22), Delivered));

    [Fact]
    public void Packets_are_refused_before_routing_and_on_their_way_too() => Agree(
        """
        table inet a {
          chain pre { type filter hook prerouting priority 0; tcp dport 80 reject with icmpx type admin-prohibited; }
          chain fw { type filter hook forward priority 0; tcp dport 22 reject with tcp reset; reject; }
        }
        """,
        (Tcp(80), "icmp 3/13"), (Tcp6(80), "icmp 1/1"), (Tcp(22, destination: Behind), Reset), (Udp(53, destination: Behind), "icmp 3/3"),
        (Tcp(22), Delivered));

    [Fact]
    public void What_is_refused_is_final_like_a_drop() => Agree(
        """
        table inet a { chain in { type filter hook input priority 0; tcp dport 80 reject with tcp reset; }
        }
        table inet b { chain in { type filter hook input priority 10; accept; }
        }
        """,
        (Tcp(80), Reset), (Tcp(22), Delivered));

    [Fact]
    public void An_answer_that_output_drops_is_not_seen() => AgreeOrDepend(
        """
        table inet a {
          chain in { type filter hook input priority 0; tcp dport 80 reject with tcp reset; tcp dport 22 reject; }
          chain out { type filter hook output priority 0; drop; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(22), Dropped));

    [Fact]
    public void A_verdict_map_leads_to_a_chain_that_refuses() => Agree(
        """
        table inet a {
          chain refuse { meta l4proto tcp reject with tcp reset; reject; }
          chain in { type filter hook input priority 0; meta l4proto . th dport vmap { tcp . 80 : jump refuse, udp . 53 : goto refuse, tcp . 22 : drop }; }
        }
        """,
        (Tcp(80), Reset), (Udp(53), "icmp 3/3"), (Tcp(22), Dropped), (Tcp(443), Delivered));
}
