using Portolan.Lab.Topology;
using Portolan.Lab.Topology.Reading;
using Portolan.Model;

namespace Portolan.Tests.Lab.Topology;

public sealed class TopologyReaderTests
{
    [Fact]
    public void A_topology_with_everything_reads_as_it_is_written()
    {
        var reading = TopologyReader.Read(Topologies.Everything);
        Assert.Empty(reading.Faults.Select(f => f.ToString()));
        var topology = reading.OrThrow("everything.yaml");

        Assert.Equal(("office", "Two networks behind two routers", 7UL), (topology.Name, topology.Description, topology.Seed));
        Assert.Equal(["office", "servers", "far"], topology.Networks.Select(n => n.Name));
        Assert.Equal("2001:db8:1::/64", topology.Networks[0].Ipv6.ToString());
        Assert.Equal(
            new LinkQuality
            {
                Latency = TimeSpan.FromMilliseconds(2),
                Jitter = TimeSpan.FromMicroseconds(500),
                Loss = 0.01,
                Bandwidth = 100_000_000,
                Mtu = 1400,
            },
            topology.Networks[1].Quality);

        var gateway = topology.Routers[0];
        Assert.Equal(new RouterPort("servers", Address("198.18.1.1"), Address("2001:db8:2::1")), gateway.Ports[1]);
        Assert.Equal(new FirewallAction(FirewallActionKind.Reject, RefusalKind.AdminProhibited), gateway.DefaultAction);
        Assert.Equal(
            [
                "drop tcp from 198.18.0.0/24 to 198.18.1.0/24 port 23",
                "reject with admin-prohibited udp port 161",
                "allow from 198.18.0.0/24 to 198.18.1.0/24",
                "allow from 2001:db8:1::/64 to 2001:db8:2::/64",
                "allow tcp to 198.18.1.10 port 80,443",
                "allow tcp to 2001:db8:2::10 port 80,443",
            ],
            gateway.Rules.Select(RouterPhrases.Format));
        Assert.Equal(["tcp 8080 to 198.18.1.10:80", "udp 5353 to [2001:db8:2::10]:53"], gateway.Forwards.Select(RouterPhrases.Format));
        Assert.Equal(["udp 5004 priority 1", "tcp 25,80 priority 200"], topology.Links[0].Shaping.Select(RouterPhrases.Format));
        Assert.Equal(TimeSpan.FromMilliseconds(20), topology.Links[0].Quality.Latency);

        var web = topology.Hosts[0];
        Assert.Equal(("servers", "freebsd", false, 5), (web.Network, web.Personality, web.AnswersPing, web.IcmpErrorsPerSecond));
        Assert.Equal(new PortRange(new PortNumber(50000), new PortNumber(50999)), web.EphemeralPorts);
        Assert.Equal(["198.18.1.10", "2001:db8:2::10"], web.Addresses.Select(a => a.ToString()));
        Assert.Equal(["www.example.com"], web.Names);
        Assert.Equal((PortPolicy.Filtered, new RejectedPort(RefusalKind.HostProhibited)), (web.DefaultTcp, web.DefaultUdp));
        Assert.Equal(
            Topologies.EverythingPolicies, web.Ports.Select(p => $"{PortText.Format(p.Protocol, p.Ports)} {p.Policy.GetType().Name}"));
        Assert.Equal("hello", Assert.IsType<OpenPort>(web.PolicyOf(TransportProtocol.Tcp, new PortNumber(80))).Service.Settings["text"]);
        Assert.Equal(new RateLimitedPort(RefusalKind.HostUnreachable, 10), web.PolicyOf(TransportProtocol.Tcp, new PortNumber(1001)));
        var knock = Assert.IsType<KnockPort>(web.PolicyOf(TransportProtocol.Tcp, new PortNumber(1006)));
        Assert.Equal([7000, 8000, 9000], knock.Knocks.Select(k => (int)k));
        Assert.Equal(("daytime", TimeSpan.FromMinutes(1)), (knock.Service.Name, knock.OpenFor));
        var flapping = Assert.IsType<FlappingPort>(web.PolicyOf(TransportProtocol.Tcp, new PortNumber(1002)));
        Assert.Equal(("echo", TimeSpan.FromSeconds(5), 0.25), (flapping.Service.Name, flapping.Period, flapping.OpenShare));

        Assert.True(topology.Hosts[1].IsRange);
        Assert.Equal(["198.18.0.10-198.18.0.99", "198.18.0.200"], topology.Hosts[1].Addresses.Select(a => a.ToString()));
        Assert.Equal(["13", "80", "7/udp"], topology.Hosts[2].Ports.Select(p => PortText.Format(p.Protocol, p.Ports)));
        Assert.Equal(["daytime", "http", "echo"], topology.Hosts[2].Ports.Select(p => ((OpenPort)p.Policy).Service.Name));
        Assert.Equal(new VantageSpec("office", Address("198.18.0.250"), null), topology.Vantage);
        Assert.Equal("two-browsers", topology.Scenario);
    }

    [Fact]
    public void A_host_is_in_the_network_whose_prefix_has_its_address() =>
        Assert.Equal(
            "b",
            TopologyReader.Read("networks: { a: 198.18.0.0/24, b: 198.18.1.0/24 }\nhosts: { web: 198.18.1.7 }", "x").OrThrow(
                "x").Hosts[0].Network);

    [Fact]
    public void A_whole_network_of_hosts_is_one_line_and_leaves_room_for_all_others()
    {
        var topology = Topologies.Read(
            "networks: { a: 198.18.0.0/16 }\nrouters: { r: { networks: { a: 198.18.0.1 } } }\nhosts: { pc: 198.18.0.0/16, web: 198.18.3.4 "
                + "}");

        Assert.Equal(["198.18.0.2-198.18.3.3", "198.18.3.5-198.18.255.253"], topology.Hosts[0].Addresses.Select(a => a.ToString()));
        Assert.Equal(new VantageSpec("a", Address("198.18.255.254"), null), topology.ResolveVantage());
    }

    [Fact]
    public void Of_overlapping_prefixes_the_first_has_its_addresses()
    {
        var topology =
            Topologies.Read("networks: { a: 198.18.0.0/24 }\nhosts: { few: 198.18.0.16/28, one: 198.18.0.20, many: 198.18.0.0/24 }");

        Assert.Equal("198.18.0.16-198.18.0.19, 198.18.0.21-198.18.0.31", string.Join(", ", topology.Hosts[0].Addresses));
        Assert.Equal("198.18.0.1-198.18.0.15, 198.18.0.32-198.18.0.253", string.Join(", ", topology.Hosts[2].Addresses));
    }

    [Fact]
    public void The_command_stands_on_the_highest_free_addresses_of_the_first_network()
    {
        var topology = Topologies.Read(
            "networks: { a: { prefix: [198.18.0.0/29, 2001:db8::/126] } }\nhosts: { x: 198.18.0.5-198.18.0.6, y: [198.18.0.3, 2001:db8::3] "
                + "}");

        Assert.Equal(new VantageSpec("a", Address("198.18.0.4"), Address("2001:db8::2")), topology.ResolveVantage());
    }

    [Fact]
    public void An_alias_stands_for_what_was_written_before() =>
        Assert.Equal(
            2, Topologies.Read("networks: { a: 198.18.0.0/24 }\nhosts:\n  x: { address: 198.18.0.1, ports: &usual { 80: open } }\n  y: { "
                + "address: 198.18.0.2, ports: *usual }").Hosts.Count(h => h.Ports.Count == 1));

    [Fact]
    public void What_is_nowhere_connected_is_a_warning()
    {
        var reading = TopologyReader.Read("name: x\nnetworks:\n  a: 198.18.0.0/24\n  b: 198.18.1.0/24\n");

        Assert.True(reading.IsValid);
        Assert.Equal(
            "4:3: warning: no router leads from 'b' to 'a'; add a router that has an address in both",
            Assert.Single(reading.Faults).ToString());
    }

    private static InternetAddress Address(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new FormatException(text);
}
