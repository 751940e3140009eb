using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Sets, maps, intervals and concatenations.</summary>
public sealed class SetTests(RefereeFixture fixture) : TrapTests(fixture)
{
    private static string With(string sets, string rules) =>
        $"table inet a {{\n{sets}\nchain in {{ type filter hook input priority 0; {rules}; }}\n}}";

    [Theory]
    [InlineData("203.0.113.0/25", "203.0.112.255", "203.0.113.0", "203.0.113.127", "203.0.113.128")]
    [InlineData("198.51.100.64/26", "198.51.100.63", "198.51.100.64", "198.51.100.127", "198.51.100.128")]
    [InlineData("203.0.113.5-203.0.113.9", "203.0.113.4", "203.0.113.5", "203.0.113.9", "203.0.113.10")]
    [InlineData(
        "2001:db8:a::/47", "2001:db8:9:ffff:ffff:ffff:ffff:ffff", "2001:db8:a::", "2001:db8:b:ffff:ffff:ffff:ffff:ffff", "2001:db8:c::")]
    [InlineData("2001:db8:1::fff0-2001:db8:1::1:f", "2001:db8:1::ffef", "2001:db8:1::fff0", "2001:db8:1::1:f", "2001:db8:1::1:10")]
    public void The_ends_of_an_interval_belong_to_it(string interval, string before, string first, string last, string behind)
    {
        var (word, own) = interval.Contains(':', StringComparison.Ordinal) ? ("ip6", Own6) : ("ip", Own);
        var cases = new (RefereePacket, string)[] { (Tcp(80, before, own), Delivered), (Tcp(80, first, own), Dropped),
            (Tcp(80, last, own), Dropped), (Tcp(80, behind, own), Delivered) };
        Agree(With("", $"{word} saddr {interval} drop"), cases);
        Agree(With("", $"{word} saddr {{ {interval} }} drop"), cases);
        Agree(
            With(
                $"set s {{ type {(word == "ip" ? "ipv4_addr" : "ipv6_addr")}; flags interval; elements = {{ {interval} }}\n}}",
                $"{word} saddr @s drop"), cases);
    }

    [Fact]
    public void An_interval_may_end_at_the_last_address() => Agree(
        With("set s { type ipv4_addr; flags interval; elements = { 223.255.255.0-255.255.255.255 }\n}\nset t { type ipv6_addr; flags "
            + "interval; elements = { 2001:db8:ff00::-ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff }\n}", "ip saddr @s drop; ip6 saddr @t drop"),
        (Tcp(80, "223.255.255.0"), Dropped), (Tcp(80, "250.1.1.1"), Dropped), (Tcp(80, "223.255.254.255"), Delivered), (Tcp6(80), Dropped),
        (Tcp6(80, "2001:db8:feff::1"), Delivered));

    [Fact]
    public void An_interval_may_start_at_zero() => Agree(
        With(
            "set s { type ipv4_addr; flags interval; elements = { 0.0.0.0-192.0.2.1 }\n}",
            "ip saddr @s drop; tcp dport { 0-22 } drop; tcp dport 5000-65535 drop"),
        (Tcp(80, "1.0.0.1"), Dropped), (Tcp(80, "192.0.2.1"), Dropped), (Tcp(80, "192.0.2.2"), Delivered), (Tcp(22), Dropped),
        (Tcp(23), Delivered), (Tcp(65535), Dropped), (Tcp(4999), Delivered));

    [Fact]
    public void A_set_may_hold_every_address() => Agree(
        With("set s { type ipv4_addr; flags interval; elements = { 0.0.0.0/0 }\n}", "ip saddr @s tcp dport 80 drop; ip saddr != @s drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp6(80), Delivered));

    [Fact]
    public void Adjacent_intervals_leave_no_hole() => Agree(
        With(
            "set s { type ipv4_addr; flags interval; elements = { 203.0.113.0-203.0.113.6, 203.0.113.7, 203.0.113.8/29 }\n}",
            "ip saddr @s drop"),
        (Tcp(80, "203.0.113.0"), Dropped), (Tcp(80), Dropped), (Tcp(80, "203.0.113.8"), Dropped), (Tcp(80, "203.0.113.15"), Dropped),
        (Tcp(80, "203.0.113.16"), Delivered));

    [Fact]
    public void Overlapping_intervals_are_merged_where_the_set_says_so() => Agree(
        With("set s { type ipv4_addr; flags interval; auto-merge; elements = { 203.0.113.0-203.0.113.9, 203.0.113.5-203.0.113.20, "
            + "203.0.113.7 }\n}", "ip saddr @s drop"),
        (Tcp(80), Dropped), (Tcp(80, "203.0.113.20"), Dropped), (Tcp(80, "203.0.113.21"), Delivered));

    [Fact]
    public void An_address_between_two_intervals_is_in_neither() => Agree(
        With("", "ip saddr { 203.0.113.0/29, 203.0.113.16/28 } drop"),
        (Tcp(80), Dropped), (Tcp(80, "203.0.113.8"), Delivered), (Tcp(80, "203.0.113.15"), Delivered), (Tcp(80, "203.0.113.16"), Dropped));

    [Fact]
    public void A_negated_set_matches_what_is_not_in_it() => Agree(
        With("set s { type ipv4_addr; elements = { 203.0.113.7 }\n}", "ip saddr != @s drop; tcp dport != { 80, 443 } drop"),
        (Tcp(80), Delivered), (Tcp(80, B), Dropped), (Tcp(22), Dropped), (Tcp(443), Delivered));

    [Fact]
    public void An_empty_set_has_nothing_and_everything_is_not_in_it() => Agree(
        With(
            "set s { type ipv4_addr; }\nset t { type inet_service; flags interval; }",
            "ip saddr @s drop; tcp dport @t drop; tcp dport 80 ip saddr != @s drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp6(80), Delivered));

    [Fact]
    public void An_empty_map_goes_on() => Agree(
        With("map m { type inet_service : verdict; }", "tcp dport vmap @m; tcp dport 80 drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered));

    [Fact]
    public void The_parts_of_a_concatenation_match_together() => Agree(
        With("", "ip saddr . tcp dport { 203.0.113.7 . 80, 203.0.113.200 . 22 } drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(80, B), Delivered), (Tcp(22, B), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void A_negated_concatenation_matches_when_one_part_differs() => Agree(
        With("", "ip saddr . tcp dport != { 203.0.113.7 . 80 } drop"),
        (Tcp(80), Delivered), (Tcp(22), Dropped), (Tcp(80, B), Dropped), (Tcp6(80), Delivered), (Udp(53), Delivered));

    [Fact]
    public void A_concatenation_of_ranges_is_a_box() => Agree(
        With("set s { type ipv4_addr . inet_service; flags interval; elements = { 203.0.113.0/28 . 80-443, 203.0.113.200-203.0.113.201 . "
            + "22 }\n}", "ip saddr . tcp dport @s drop"),
        (Tcp(80), Dropped), (Tcp(443), Dropped), (Tcp(444), Delivered), (Tcp(79), Delivered), (Tcp(80, B), Delivered),
        (Tcp(22, B), Dropped), (Tcp(22), Delivered));

    [Fact]
    public void Boxes_of_a_concatenation_may_overlap_in_one_part() => Agree(
        With("map m { type ipv4_addr . inet_service : verdict; flags interval; elements = { 203.0.113.0/24 . 80 : drop, 203.0.113.0/28 . "
            + "22 : drop, 203.0.0.0/16 . 443 : accept }\n}", "ip saddr . tcp dport vmap @m; tcp dport 443 drop"),
        (Tcp(80, B), Dropped), (Tcp(22, B), Delivered), (Tcp(22), Dropped), (Tcp(443), Delivered), (Tcp(443, "192.0.2.1"), Dropped));

    [Fact]
    public void A_concatenation_of_IPv6_addresses_and_ports_has_ranges_too() => Agree(
        With(
            "set s { type ipv6_addr . inet_service; flags interval; elements = { 2001:db8:ffff::/48 . 80-81, 2001:db8::/48 . 22 }\n}",
            "ip6 saddr . tcp dport @s drop"),
        (Tcp6(80), Dropped), (Tcp6(82), Delivered), (Tcp6(22), Delivered), (Tcp6(22, "2001:db8::9"), Dropped), (Tcp(80), Delivered));

    [Fact]
    public void A_concatenation_pads_each_part_to_words() => Agree(
        With(
            "set s { type inet_proto . inet_service . ifname; elements = { tcp . 80 . \"eth0\", udp . 53 . \"eth1\" }\n}",
            "meta l4proto . th dport . iifname @s drop"),
        (Tcp(80), Dropped), (Tcp(80, cable: 1), Delivered), (Udp(53), Delivered), (Udp(53, cable: 1), Dropped), (Tcp6(80), Dropped));

    [Fact]
    public void A_map_gives_a_value_and_breaks_where_it_has_none() => Agree(
        With(
            "map m { type inet_service : mark; elements = { 80 : 1, 22 : 2 }\n}",
            "meta mark set 7; meta mark set tcp dport map @m; meta mark 1 drop; meta mark 7 drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(443), Dropped), (Udp(53), Dropped));

    [Fact]
    public void An_element_that_has_timed_out_is_gone() => AgreeOrDepend(
        With(
            "set s { type ipv4_addr; flags timeout; elements = { 203.0.113.7 timeout 1h expires 1ms, 203.0.113.200 timeout 1h }\n}",
            "ip saddr @s drop"),
        () => SpinWait.SpinUntil(
            () => !Lab.Target.Tool("nft", null, "list", "set", "inet", "a", "s").Contains(A, StringComparison.Ordinal),
            TimeSpan.FromSeconds(20)),
        (Tcp(80), Delivered), (Tcp(80, B), Dropped));

    [Fact]
    public void Names_of_interfaces_in_a_set_are_whole_names() => Agree(
        With("set s { type ifname; elements = { \"eth\", \"eth1\", \"eth00\" }\n}", "iifname @s drop"),
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped));

    [Fact]
    public void Names_of_interfaces_in_a_set_may_have_wildcards() => Agree(
        With(
            "set s { type ifname; flags interval; elements = { \"et*\", \"wg0\" }\n}",
            "tcp dport 80 iifname @s drop; tcp dport 22 iifname != @s drop"),
        (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(80, cable: 1), Dropped));

    [Fact]
    public void A_set_that_rules_fill_holds_what_a_rule_just_added() => AgreeOrDepend(
        With(
            "set s { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 100; }", "tcp dport 80 add @s { ip saddr }; ip saddr @s drop"),
        (Tcp(22, B), Delivered), (Tcp(80), Dropped));

    [Fact]
    public void Adding_to_a_set_decides_nothing_by_itself() => Agree(
        With(
            "set s { type ipv4_addr; flags dynamic,timeout; timeout 1h; size 100; }",
            "tcp dport 80 update @s { ip saddr timeout 10s }; tcp dport 22 add @s { ip saddr } drop"),
        (Tcp(80), Delivered), (Tcp(22, B), Dropped));
}
