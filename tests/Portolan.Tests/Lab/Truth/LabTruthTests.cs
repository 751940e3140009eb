using Portolan.Lab.Services;
using Portolan.Lab.Topology;
using Portolan.Lab.Truth;
using Portolan.Model;
using static Portolan.Tests.Lab.LabStories;

namespace Portolan.Tests.Lab.Truth;

/// <summary>What a perfect scanner reports, judged by hand.</summary>
public sealed class LabTruthTests
{
    private const string Web = "198.18.1.10";

    private static readonly ServiceSpec Mute = ServiceSpec.Mute;

    public static TheoryData<PortPolicy, string, string, string, string, string> Policies => new()
    {
        { PortPolicy.Open, "open syn-ack", "open syn-ack", "unfiltered reset", "open|filtered no-response", "open|filtered no-response" },
        { PortPolicy.Closed, "closed reset", "closed conn-refused", "unfiltered reset", "closed reset", "closed port-unreach" },
        { PortPolicy.Filtered, "filtered no-response", "filtered no-response", "filtered no-response", "open|filtered no-response",
            "open|filtered no-response" },
        { new RejectedPort(RefusalKind.TcpReset), "closed reset", "closed conn-refused", "unfiltered reset", "closed reset",
            "closed port-unreach" },
        { new RejectedPort(RefusalKind.PortUnreachable), "filtered port-unreach", "closed conn-refused", "filtered port-unreach",
            "filtered port-unreach", "closed port-unreach" },
        { new RejectedPort(RefusalKind.HostUnreachable), "filtered host-unreach", "filtered host-unreach", "filtered host-unreach",
            "filtered host-unreach", "filtered host-unreach" },
        { new RejectedPort(RefusalKind.NetworkUnreachable), "filtered net-unreach", "filtered net-unreach", "filtered net-unreach",
            "filtered net-unreach", "filtered net-unreach" },
        { new RejectedPort(RefusalKind.ProtocolUnreachable), "filtered proto-unreach", "filtered proto-unreach", "filtered proto-unreach",
            "filtered proto-unreach", "filtered proto-unreach" },
        { new RejectedPort(RefusalKind.NetworkProhibited), "filtered net-prohibited", "filtered net-prohibited", "filtered net-prohibited",
            "filtered net-prohibited", "filtered net-prohibited" },
        { new RejectedPort(RefusalKind.HostProhibited), "filtered host-prohibited", "filtered host-prohibited", "filtered host-prohibited",
            "filtered host-prohibited", "filtered host-prohibited" },
        { new RejectedPort(RefusalKind.AdminProhibited), "filtered admin-prohibited", "filtered admin-prohibited",
            "filtered admin-prohibited", "filtered admin-prohibited", "filtered admin-prohibited" },
        { new TarpitPort(TimeSpan.FromSeconds(1)), "open syn-ack", "open syn-ack", "unfiltered reset", "open|filtered no-response",
            "open|filtered no-response" },
        { new ProxyPort("/run/web.sock"), "open syn-ack", "open syn-ack", "unfiltered reset", "open|filtered no-response",
            "open|filtered no-response" },
        { new ExecPort(["cat"]), "open syn-ack", "open syn-ack", "unfiltered reset", "open|filtered no-response",
            "open|filtered no-response" },
        { new SynProxyPort(null), "open syn-ack", "open syn-ack", "unfiltered reset", "open|filtered no-response",
            "open|filtered no-response" },
        { new RateLimitedPort(RefusalKind.TcpReset, 5), "closed reset varies", "closed conn-refused varies", "unfiltered reset varies",
            "closed reset varies", "closed port-unreach varies" },
        { new FlappingPort(Mute, TimeSpan.FromSeconds(1), 0.5), "open syn-ack varies", "open syn-ack varies", "unfiltered reset varies",
            "open|filtered no-response varies", "open|filtered no-response varies" },
        { new KnockPort([new PortNumber(7)], Mute, TimeSpan.FromSeconds(1)), "filtered no-response varies", "filtered no-response varies",
            "filtered no-response varies", "open|filtered no-response varies", "open|filtered no-response varies" },
    };

    [Theory]
    [MemberData(nameof(Policies))]
    public void Each_policy_has_its_answer_to_each_kind_of_probe(
        PortPolicy policy, string syn, string connect, string ack, string fin, string udp)
    {
        var topology = Office(Host(Web, Tcp("80", policy), Udp("53", policy)));
        Assert.Equal(
            [syn, connect, ack, fin, udp],
            [Said(topology, Web, 80), Said(topology, Web, 80, ProbeType.Connect), Said(topology, Web, 80, ProbeType.Ack),
                Said(topology, Web, 80, ProbeType.Fin), Said(topology, Web, 53, ProbeType.Udp)]);
    }

    [Theory]
    [InlineData(RefusalKind.ProtocolUnreachable, "filtered port-unreach", "closed port-unreach")]
    [InlineData(RefusalKind.HostUnreachable, "filtered host-unreach", "filtered host-unreach")]
    [InlineData(RefusalKind.NetworkProhibited, "filtered admin-prohibited", "filtered admin-prohibited")]
    public void IPv6_has_fewer_codes(RefusalKind kind, string tcp, string udp)
    {
        var topology = Office(Host("2001:db8:1::10", Tcp("80", new RejectedPort(kind)), Udp("53", new RejectedPort(kind))));
        Assert.Equal((tcp, udp), (Said(topology, "2001:db8:1::10", 80), Said(topology, "2001:db8:1::10", 53, ProbeType.Udp)));
    }

    [Fact]
    public void A_udp_service_that_answers_is_open() => Assert.All(
        ServiceCatalogue.All.OfType<IDatagramService>().Where(s => s.Name is not ("mute" or "discard")),
        service =>
            Assert.Equal(
                "open udp-response",
                Said(Office(Host(Web, Udp("5", new OpenPort(new ServiceSpec(service.Name))))), Web, 5, ProbeType.Udp)));

    [Fact]
    public void Ports_that_are_not_named_have_the_default() =>
        Assert.Equal("filtered no-response", Said(Office(Host(Web) with { DefaultTcp = PortPolicy.Filtered }), Web, 80));

    [Theory]
    [InlineData(RefusalKind.AdminProhibited, "filtered admin-prohibited by 198.18.0.1", "filtered admin-prohibited by 198.18.0.1")]
    [InlineData(RefusalKind.PortUnreachable, "filtered port-unreach by 198.18.0.1", "filtered port-unreach by 198.18.0.1")]
    [InlineData(RefusalKind.TcpReset, "closed reset", "filtered port-unreach by 198.18.0.1")]
    public void A_router_that_rejects_speaks_for_itself_unless_it_resets(RefusalKind kind, string tcp, string udp)
    {
        var topology = Office(Host(Web, Tcp("80", PortPolicy.Open), Udp("80", PortPolicy.Closed))) with { Routers = [Edge(Reject(kind))] };
        Assert.Equal((tcp, udp), (Said(topology, Web, 80), Said(topology, Web, 80, ProbeType.Udp)));
    }

    [Fact]
    public void The_first_rule_that_matches_decides()
    {
        var topology = Office(Host(Web, Tcp("80-81", PortPolicy.Open))) with
        {
            Routers = [Edge(
                Drop(TransportProtocol.Udp), Drop(to: "198.18.1.11"), Drop(from: "198.18.0.99"), Allow(TransportProtocol.Tcp, ports: "80"),
                Reject(RefusalKind.HostProhibited))],
        };
        Assert.Equal("open syn-ack", Said(topology, Web, 80));
        Assert.Equal("filtered host-prohibited by 198.18.0.1", Said(topology, Web, 81));
        Assert.Equal("open|filtered no-response", Said(topology, Web, 80, ProbeType.Udp));
        Assert.Equal("filtered no-response", Said(topology, "198.18.1.11", 80));
        Assert.Equal(
            "rule 5 of router edge rejects it (host-prohibited)",
            LabTruth.Create(topology).PortOf(Address(Web), ProbeType.Syn, new PortNumber(81))!.Why);
    }

    [Fact]
    public void What_no_rule_matches_meets_the_default_of_the_router()
    {
        var topology = Office(Host(
            Web, Tcp("80", PortPolicy.Open))) with
        {
            Routers =
                [Edge(Allow(TransportProtocol.Tcp, ports: "443")) with { DefaultAction = FirewallAction.Drop }]
        };
        Assert.Equal("filtered no-response", Said(topology, Web, 80));
        Assert.Equal("closed reset", Said(topology, Web, 443));
    }

    [Fact]
    public void Neighbours_of_the_vantage_meet_no_router() =>
        Assert.Equal("closed reset", Said(Office(Host("198.18.0.10")) with { Routers = [Edge(Drop())] }, "198.18.0.10", 80));

    [Fact]
    public void An_address_that_nobody_has_is_answered_by_the_router_before_it()
    {
        Assert.Equal("filtered host-unreach by 198.18.0.1", Said(Office(), "198.18.1.77", 80));
        Assert.Equal("filtered host-unreach by 2001:db8::1", Said(Office(), "2001:db8:1::77", 80));
        Assert.Equal("filtered no-response", Said(Office(), "198.18.0.77", 80));
        Assert.Equal("none", Said(Office(), "198.18.9.1", 80));
    }

    [Fact]
    public void A_routers_own_addresses_are_closed_whatever_its_rules_say()
    {
        var topology = Office() with { Routers = [Edge(Drop())] };
        Assert.Equal("closed reset", Said(topology, "198.18.0.1", 22));
        Assert.Equal("closed reset", Said(topology, "198.18.1.1", 22));
        Assert.Equal("closed port-unreach", Said(topology, "198.18.1.1", 53, ProbeType.Udp));
    }

    [Fact]
    public void A_forwarded_port_shows_the_targets_port()
    {
        var topology = Forwarding(Edge(Drop(TransportProtocol.Tcp, to: "198.18.1.10", ports: "80")));
        Assert.Equal("open syn-ack", Said(topology, "198.18.0.1", 8443));
        Assert.Equal("closed reset", Said(topology, "198.18.0.1", 8444));
        Assert.Equal("closed port-unreach", Said(topology, "198.18.0.1", 53, ProbeType.Udp));
        Assert.StartsWith(
            "forwarded by router edge to 198.18.1.10 port 443: open (mute)",
            LabTruth.Create(topology).PortOf(Address("198.18.0.1"), ProbeType.Syn, new PortNumber(8443))!.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Rules_see_a_forwarded_port_as_what_it_is_forwarded_to()
    {
        Assert.Equal("filtered no-response", Said(Forwarding(Edge(Drop(TransportProtocol.Tcp, ports: "443"))), "198.18.0.1", 8443));
        Assert.Equal("open syn-ack", Said(Forwarding(Edge(Drop(TransportProtocol.Tcp, ports: "8443"))), "198.18.0.1", 8443));
    }

    [Fact]
    public void A_router_that_rejects_what_it_forwards_speaks_from_the_address_before_it()
    {
        var topology = Forwarding(Edge(Reject(RefusalKind.PortUnreachable, to: "198.18.1.10")));
        Assert.Equal("filtered port-unreach", Said(topology, "198.18.0.1", 8443));
        Assert.Equal("closed port-unreach", Said(topology, "198.18.0.1", 53, ProbeType.Udp));
        Assert.Equal("filtered port-unreach by 198.18.0.1", Said(topology, "198.18.1.1", 53, ProbeType.Udp));
    }

    [Fact]
    public void A_port_forwarded_to_the_vantages_own_network_is_silent() => Assert.Equal(
        "filtered no-response",
        Said(
            Office(Host("198.18.0.10", Tcp("443", PortPolicy.Open))) with
            {
                Routers =
                [Edge() with { Forwards = [Forward(TransportProtocol.Tcp, 8443, "198.18.0.10", 443)] }]
            }, "198.18.0.1", 8443));

    [Fact]
    public void Every_router_on_the_way_may_refuse()
    {
        var inner = new RouterSpec
        {
            Name = "inner",
            Ports = [new RouterPort("servers", Address("198.18.1.2"), null), new RouterPort("vault", Address("198.18.2.1"), null)],
            Rules = [Reject(RefusalKind.NetworkProhibited, ports: "80", protocol: TransportProtocol.Tcp)],
        };
        var topology = Office() with
        {
            Networks = [.. Office().Networks, new NetworkSpec { Name = "vault", Ipv4 = Prefix("198.18.2.0/24") }],
            Routers = [Edge(Drop(TransportProtocol.Tcp, ports: "22")), inner],
            Hosts = [Host("198.18.2.10", Tcp("1-100", PortPolicy.Open)) with { Network = "vault" }],
        };
        Assert.Equal(
            ["filtered no-response", "filtered net-prohibited by 198.18.1.2", "open syn-ack", "filtered host-unreach by 198.18.1.2"],
            [Said(topology, "198.18.2.10", 22), Said(topology, "198.18.2.10", 80), Said(topology, "198.18.2.10", 81),
                Said(topology, "198.18.2.99", 23)]);
    }

    [Fact]
    public void A_network_that_nothing_leads_to_is_unreachable_by_the_first_routers_word()
    {
        var topology = Office() with
        {
            Networks = [.. Office().Networks, new NetworkSpec { Name = "island", Ipv4 = Prefix("198.18.3.0/24") }],
            Hosts = [Host("198.18.3.1") with { Network = "island" }],
        };
        Assert.Equal("filtered net-unreach by 198.18.0.1", Said(topology, "198.18.3.1", 80));
    }

    [Fact]
    public void A_range_is_one_span_until_a_rule_tells_its_hosts_apart()
    {
        var range = Host("198.18.1.2-198.18.1.254", Tcp("80", PortPolicy.Open));
        Assert.Single(LabTruth.Create(Office(range)).Spans, s => s.Role == AddressRole.Host);
        var cut = LabTruth.Create(Office(range) with { Routers = [Edge(Drop(to: "198.18.1.64/26"))] });
        Assert.Equal(
            ["198.18.1.2-198.18.1.63", "198.18.1.64-198.18.1.127", "198.18.1.128-198.18.1.254"],
            cut.Spans.Where(s => s.Role == AddressRole.Host).Select(s => s.Addresses.ToString()));
        Assert.True(cut.TryFind(Address("198.18.1.64"), out var span));
        Assert.Equal("web-63", span.NameOf(Address("198.18.1.64")));
    }

    [Fact]
    public void Spans_cover_every_address_of_every_network_once()
    {
        for (var seed = 0UL; seed < 100; seed++)
        {
            var truth = LabTruth.Create(RandomTopology.Of(seed));
            foreach (var network in truth.Topology.Networks)
            {
                var next = network.Ipv4!.Value.Address;
                foreach (var span in truth.Spans.Where(s => s.Network == network.Name && s.Addresses.First.IsIPv4))
                {
                    Assert.Equal(next, span.Addresses.First);
                    next = span.Addresses.Last.Plus(1);
                }

                Assert.Equal(network.Ipv4.Value.Last.Plus(1), next);
            }
        }
    }

    [Trait("Quick", "no")]
    [Fact]
    public void Every_port_of_every_span_has_one_truth_that_is_the_same_asked_alone()
    {
        for (var seed = 0UL; seed < 40; seed++)
        {
            var truth = LabTruth.Create(RandomTopology.Of(seed));
            foreach (var span in truth.Spans.Where(s => s.Role != AddressRole.Vantage))
            {
                foreach (var type in (ReadOnlySpan<ProbeType>)[ProbeType.Syn, ProbeType.Udp])
                {
                    var all = truth.PortsOf(span, type, RandomTopology.Ports);
                    Assert.Equal(RandomTopology.Ports.Count, all.Sum(t => t.Ports.Count));
                    foreach (var port in RandomTopology.Ports)
                    {
                        var together = Assert.Single(all, t => t.Ports.Contains(port));
                        Assert.Equal(together with { Ports = new PortSet(port) }, truth.PortOf(span.Addresses.Last, type, port));
                    }
                }
            }
        }
    }

    [Fact]
    public void A_ping_is_answered_by_hosts_that_do_unless_a_rule_for_all_protocols_stops_it()
    {
        Assert.Equal((true, false, true), (Pings(), Pings(Drop(to: "198.18.1.10")), Pings(Drop(TransportProtocol.Tcp))));
        Assert.False(Answers(Office(Host(Web) with { AnswersPing = false }), Web));
        Assert.True(Answers(Office(), "198.18.1.1"));
        Assert.False(Answers(Office(), "198.18.1.99"));

        static bool Pings(params FirewallRule[] rules) => Answers(Office(Host(Web)) with { Routers = [Edge(rules)] }, Web);

        static bool Answers(LabTopology topology, string address)
        {
            var truth = LabTruth.Create(topology);
            return truth.TryFind(Address(address), out var span) && truth.AnswersPing(span);
        }
    }

    [Fact]
    public void A_vantage_that_nobody_names_has_the_highest_free_address()
    {
        var topology = Office(Host("198.18.0.200-198.18.0.254")) with { Vantage = null };
        Assert.Equal("198.18.0.199", topology.ResolveVantage().Ipv4.ToString());
        Assert.Equal("2001:db8::fffe", topology.ResolveVantage().Ipv6.ToString());
        Assert.Equal("none", Said(topology, "198.18.0.199", 80));
        var full = topology with
        {
            Networks = [new NetworkSpec { Name = "office", Ipv4 = Prefix("198.18.0.0/24") }],
            Hosts = [Host("198.18.0.0-198.18.0.255")],
            Routers = [],
        };
        Assert.Contains("no free address", Assert.Throws<PortolanException>(() => full.ResolveVantage()).Message, StringComparison.Ordinal);
    }

    private static RouterForward Forward(TransportProtocol protocol, int port, string target, int targetPort) =>
        new(protocol, new PortNumber((ushort)port), Address(target), new PortNumber((ushort)targetPort));

    private static LabTopology Forwarding(RouterSpec router) => Office(Host(Web, Tcp("443", PortPolicy.Open))) with
    {
        Routers =
            [router with { Forwards = [Forward(TransportProtocol.Tcp, 8443, Web, 443), Forward(TransportProtocol.Udp, 53, Web, 53)] }],
    };
}
