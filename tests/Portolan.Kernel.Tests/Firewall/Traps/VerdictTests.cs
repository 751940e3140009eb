using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Verdicts, chains, priorities and policies.</summary>
public sealed class VerdictTests(RefereeFixture fixture) : TrapTests(fixture)
{
    [Fact]
    public void An_accept_ends_only_its_own_base_chain() => Agree(
        """
        table inet a { chain in { type filter hook input priority 0; tcp dport 80 accept; }
        }
        table inet b { chain in { type filter hook input priority 10; policy drop; }
        }
        """,
        (Tcp(80), Dropped));

    [Fact]
    public void A_drop_is_final_whatever_later_chains_accept() => Agree(
        """
        table inet a { chain in { type filter hook input priority 10; accept; }
        }
        table inet b { chain in { type filter hook input priority 0; tcp dport 80 drop; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void A_lower_priority_runs_first() => Agree(
        """
        table inet a { chain late { type filter hook input priority 5; meta mark 1 drop; }
          chain early { type filter hook input priority -5; tcp dport 80 meta mark set 1; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void Of_chains_with_the_same_priority_the_later_made_runs_first() => AgreeOrDepend(
        """
        table inet a {
          chain first { type filter hook input priority 0; meta mark 1 drop; }
          chain second { type filter hook input priority 0; tcp dport 80 meta mark set 1; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void Of_tables_with_the_same_priority_the_later_made_runs_first() => AgreeOrDepend(
        """
        table inet a { chain in { type filter hook input priority 0; meta mark 1 drop; }
        }
        table inet b { chain in { type filter hook input priority 0; tcp dport 80 meta mark set 1; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void Of_chains_with_the_same_priority_in_two_tables_both_must_let_it_through() => Agree(
        """
        table inet a { chain in { type filter hook input priority 0; tcp dport { 80, 443 } accept; drop; }
        }
        table ip b { chain in { type filter hook input priority 0; tcp dport { 80, 22 } accept; drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(443), Dropped), (Tcp(22), Dropped), (Tcp6(443), Delivered), (Tcp6(22), Dropped));

    [Fact]
    public void Return_from_a_base_chain_is_its_policy() => Agree(
        """
        table inet a { chain in { type filter hook input priority 0; policy drop; tcp dport 80 return; tcp dport { 80, 81 } accept; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void Return_from_a_jumped_chain_goes_on_behind_the_jump() => Agree(
        """
        table inet a {
          chain sub { tcp dport 80 return; drop; }
          chain in { type filter hook input priority 0; policy drop; jump sub; accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void The_end_of_a_jumped_chain_goes_on_behind_the_jump() => Agree(
        """
        table inet a {
          chain sub { tcp dport 81 drop; }
          chain in { type filter hook input priority 0; policy drop; jump sub; accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void The_end_of_a_chain_that_was_gone_to_is_the_policy_not_the_next_rule() => Agree(
        """
        table inet a {
          chain sub { tcp dport 80 accept; }
          chain in { type filter hook input priority 0; policy drop; goto sub; accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void Return_from_a_chain_that_was_gone_to_returns_to_the_jump_before_it() => Agree(
        """
        table inet a {
          chain two { return; }
          chain one { goto two; drop; }
          chain in { type filter hook input priority 0; policy drop; jump one; tcp dport 80 accept; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void An_accept_in_a_jumped_chain_ends_the_base_chain() => Agree(
        """
        table inet a {
          chain sub { tcp dport 80 accept; }
          chain in { type filter hook input priority 0; jump sub; drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void Continue_counters_logs_and_comments_decide_nothing() => Agree(
        """
        table inet a {
          chain in { type filter hook input priority 0; policy drop;
            continue
            counter
            log prefix "accept "
            tcp dport 80 counter log comment "accept"
            tcp dport 81 counter accept comment "drop"
          }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void The_policy_of_an_empty_chain_decides() => Agree(
        "table ip a { chain in { type filter hook input priority 0; policy drop; }\n}",
        (Tcp(80), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void A_dormant_table_decides_nothing() => Agree(
        """
        table inet a { flags dormant
          chain in { type filter hook input priority 0; policy drop; }
        }
        """,
        (Tcp(80), Delivered));

    [Fact]
    public void A_chain_that_nobody_jumps_to_decides_nothing() => Agree(
        """
        table inet a {
          chain sub { drop; }
          chain in { type filter hook input priority 0; tcp dport 81 jump sub; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void A_chain_that_is_jumped_to_twice_is_run_twice() => Agree(
        """
        table inet a {
          chain sub { meta mark 1 drop; tcp dport 80 meta mark set 1; }
          chain in { type filter hook input priority 0; jump sub; jump sub; }
        }
        """,
        (Tcp(80), Dropped), (Tcp(81), Delivered));

    [Fact]
    public void Jumps_may_be_fifteen_deep()
    {
        var chains = string.Concat(Enumerable.Range(1, 14).Reverse().Select(i => $"  chain c{i} {{ jump c{i + 1}; }}\n"));
        Agree(
            "table inet a {\n  chain c15 { tcp dport 80 accept; }\n" + chains
                + "  chain in { type filter hook input priority 0; policy drop; jump c1; }\n}",
            (Tcp(80), Delivered), (Tcp(81), Dropped));
    }

    [Fact]
    public void What_a_rule_did_before_a_test_failed_stays_done() => Agree(
        """
        table inet a {
          chain in { type filter hook input priority 0;
            meta mark set 1 tcp dport 80 accept
            meta mark 1 drop
          }
        }
        """,
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void A_rule_reads_what_it_has_set_itself() => Agree(
        "table inet a { chain in { type filter hook input priority 0; policy drop; meta mark set 5 meta mark 5 tcp dport 80 accept; }\n}",
        (Tcp(80), Delivered), (Tcp(81), Dropped));

    [Fact]
    public void A_verdict_map_that_has_no_entry_goes_on() => Agree(
        """
        table inet a {
          chain in { type filter hook input priority 0; policy drop;
            tcp dport vmap { 22 : drop, 80 : accept }
            tcp dport { 22, 443 } accept
          }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Tcp(443), Delivered), (Tcp(8080), Dropped), (Udp(80), Dropped));

    [Fact]
    public void A_verdict_map_jumps_goes_and_returns() => Agree(
        """
        table inet a {
          chain sub { tcp sport 0-65535 accept; }
          chain nothing { continue; }
          chain in { type filter hook input priority 0; policy drop;
            tcp dport vmap { 22 : jump nothing, 80 : goto nothing, 81 : return, 443 : jump sub, 8080 : continue }
            accept
          }
        }
        """,
        (Tcp(22), Delivered), (Tcp(80), Dropped), (Tcp(81), Dropped), (Tcp(443), Delivered), (Tcp(8080), Delivered));

    [Fact]
    public void The_rest_of_a_verdict_map_takes_what_no_entry_has() => Agree(
        """
        table inet a {
          map m { type ipv4_addr : verdict; flags interval; elements = { 203.0.113.0/28 : accept, * : drop }
          }
          chain in { type filter hook input priority 0; ip saddr vmap @m; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(80, B), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void Forwarded_packets_meet_no_input_chain_and_own_ones_no_forward_chain() => Agree(
        """
        table inet a {
          chain in { type filter hook input priority 0; tcp dport 22 drop; }
          chain fw { type filter hook forward priority 0; tcp dport 80 drop; }
        }
        """,
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Tcp(22, destination: Behind), Forwarded), (Tcp(80, destination: Behind), Dropped));

    [Fact]
    public void Forwarded_packets_meet_postrouting_and_no_output() => Agree(
        """
        table inet a {
          chain out { type filter hook output priority 0; tcp dport 22 drop; }
          chain post { type filter hook postrouting priority 0; tcp dport 80 drop; }
        }
        """,
        (Tcp(22, destination: Behind), Forwarded), (Tcp(80, destination: Behind), Dropped), (Tcp(80), Delivered));

    [Fact]
    public void Of_chains_of_two_tables_the_one_made_last_runs_first_wherever_its_table_stands() => AgreeOrDepend(
        """
        table inet a {
          chain early { type filter hook input priority 10; }
        }
        table inet b {
          chain drops { type filter hook input priority 0; tcp dport 80 drop; tcp dport 22 accept; tcp dport 443 drop; }
        }
        table inet a {
          chain late { type filter hook input priority 0; tcp dport 80 reject; tcp dport 22 reject; }
        }
        """,
        (Tcp(80), "icmp 3/3"), (Tcp(22), "icmp 3/3"), (Tcp(443), Dropped), (Tcp(8080), Delivered));
}
