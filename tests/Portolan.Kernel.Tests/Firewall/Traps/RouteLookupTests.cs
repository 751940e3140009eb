using Portolan.Kernel.Tests.Firewall.Referee;

namespace Portolan.Kernel.Tests.Firewall.Traps;

/// <summary>Rules that ask the routes (fib).</summary>
public sealed class RouteLookupTests(RefereeFixture fixture) : TrapTests(fixture)
{
    [Fact]
    public void A_sender_that_comes_in_by_another_interface_than_its_route_has_no_route_back_there() => Agree(
        "table inet a { chain pre { type filter hook prerouting priority -150; fib saddr . iif oif missing drop; }\n}",
        (Tcp(80), Delivered), (Tcp(80, cable: 1), Dropped), (Tcp(80, "198.51.100.9"), Dropped),
        (Tcp(80, "198.51.100.9", cable: 1), Delivered),
        (Tcp6(80), Delivered), (Tcp6(80, cable: 1), Dropped), (Tcp6(80, "2001:db8:1:7::1", cable: 1), Delivered));

    [Fact]
    public void An_own_address_as_sender_has_no_route_back_whatever_interface_has_it() => Agree(
        "table ip6 a { chain pre { type filter hook prerouting priority -150; fib saddr . iif oif missing tcp dport 80 drop; }\n}",
        (Tcp6(80, "2001:db8:1::2"), Dropped), (Tcp6(80, "2001:db8::3"), Dropped), (Tcp6(80), Delivered));

    [Fact]
    public void The_route_of_the_sender_may_be_asked_without_the_interface() => Agree(
        "table inet a { chain in { type filter hook input priority 0; fib saddr oif \"eth1\" drop; fib saddr oifname \"eth2\" drop; }\n}",
        (Tcp(80), Delivered), (Tcp(80, "198.51.100.9"), Dropped), (Tcp6(80, "2001:db8:1:7::1"), Dropped), (Tcp(80, "198.18.2.9"), Dropped));

    [Fact]
    public void Addresses_of_this_host_are_local_whatever_interface_has_them() => Agree(
        "table inet a { chain pre { type filter hook prerouting priority -150; fib daddr type local tcp dport 80 drop; fib daddr type != "
            + "local tcp dport 22 drop; }\n}",
        (Tcp(80), Dropped), (Tcp(80, destination: "198.18.2.1"), Dropped), (Tcp(80, destination: Behind), Forwarded), (Tcp(22), Delivered),
        (Tcp(22, destination: Behind), Dropped),
        (Tcp6(80), Dropped), (Tcp6(80, destination: "2001:db8:2::1"), Dropped), (Tcp6(22, destination: Behind6), Dropped));

    [Fact]
    public void Local_on_the_interface_means_that_one_has_the_address() => Agree(
        "table ip a { chain pre { type filter hook prerouting priority -150; fib daddr . iif type != local tcp dport 80 drop; }\n}",
        (Tcp(80), Delivered), (Tcp(80, destination: "198.18.1.2"), Dropped), (Tcp(80, destination: "198.18.1.2", cable: 1), Delivered));

    [Fact]
    public void Types_of_addresses_in_a_set() => Agree(
        "table ip a { chain pre { type filter hook prerouting priority -150; fib daddr type { broadcast, multicast } drop; fib saddr type "
            + "local drop; fib daddr type { local, unicast } tcp dport 22 drop; }\n}",
        (Udp(53, destination: "198.18.0.15"), Dropped), (Tcp(80), Delivered), (Tcp(22), Dropped), (Tcp(80, "198.18.1.2"), Dropped));

    [Fact]
    public void Ufw_denies_a_port_and_still_it_is_forwarded_like_dockers() => Agree(
        """
        table ip nat {
          chain DOCKER { tcp dport 5432 dnat to 198.18.2.2:5432; }
          chain PREROUTING { type nat hook prerouting priority -100; fib daddr type local counter jump DOCKER; }
        }
        table ip filter {
          chain INPUT { type filter hook input priority 0; policy drop; tcp dport 22 accept; }
          chain FORWARD { type filter hook forward priority 0; policy drop; oifname "eth2" ct status dnat accept; }
        }
        """,
        (Tcp(5432), "forwarded 198.18.2.2:5432"), (Tcp(80), Dropped), (Tcp(22), Delivered), (Tcp(5432, destination: Behind), Dropped));
}
