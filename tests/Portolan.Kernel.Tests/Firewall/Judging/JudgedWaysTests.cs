using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;

namespace Portolan.Kernel.Tests.Firewall.Judging;

/// <summary>The way of packets through hooks, translation and routing, and back.</summary>
public sealed class JudgedWaysTests(JudgeLab lab) : IClassFixture<JudgeLab>
{
    private const string Docker =
        """
        table ip nat {
          chain pre { type nat hook prerouting priority -100;
            tcp dport 5432 dnat to 198.18.2.9:5000
            tcp dport 8080 redirect to :80
          }
        }
        table ip fw {
          chain in { type filter hook input priority 0; policy drop; tcp dport 80 accept; }
          chain through { type filter hook forward priority 0; policy drop; ct status dnat oifname "docker0" ip saddr != 203.0.113.0/24 accept; }
        }
        """;

    [Fact]
    public void A_translated_port_is_forwarded_past_the_input_rules() =>
        Assert.Equal(
            "accept forwarded to 198.18.2.9:5000 from others by through\ndrop to 198.18.2.9:5000 from 203.0.113.0/24 by policy of through",
            lab.Tcp(Docker, 5432));

    [Fact]
    public void A_redirected_port_meets_the_input_rules_as_the_new_port() =>
        Assert.Equal("accept to 198.18.0.2:80 from others by in", lab.Tcp(Docker, 8080));

    [Fact]
    public void A_port_that_nothing_translates_meets_the_policy() =>
        Assert.Equal("drop from others by policy of in", lab.Tcp(Docker, 5433));

    [Fact]
    public void Accept_ends_only_its_own_base_chain_and_drop_is_final()
    {
        const string rules =
            """
            table inet a {
              chain c { type filter hook input priority 0; tcp dport 80 accept; }
            }
            table inet b {
              chain late { type filter hook input priority 10; policy drop; ip saddr 203.0.113.1 accept; }
            }
            """;
        Assert.Equal("accept from 203.0.113.1 by late\ndrop from others by policy of late", lab.Tcp(rules, 80));
    }

    [Fact]
    public void A_packet_that_is_not_tracked_has_no_connection()
    {
        const string rules =
            """
            table inet a {
              chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack; }
              chain c { type filter hook input priority 0; policy drop; ct mark 0 accept; ct direction original accept; ct state untracked ip saddr 203.0.113.1 accept; }
            }
            """;
        Assert.Equal("accept from 203.0.113.1 by c\ndrop from others by policy of c", lab.Tcp(rules, 80));
    }

    [Fact]
    public void An_answer_that_the_output_drops_is_told()
    {
        var judge = lab.Judge(
            """
            table inet a {
              chain out { type filter hook output priority 0; policy drop; ct state established ip daddr 203.0.113.0/24 accept; }
            }
            """);
        var answer = judge.Judge(lab.Query(80) with { WithReplies = true }, TestContext.Current.CancellationToken);
        var words = answer.Regions.Select(
            r => $"{r.Outcome.Decision} then {r.Outcome.Replies?.Decision} by {r.Outcome.Replies?.Decider?.Chain.Name} from "
                + $"{(r.Packets.Sources.Count > 3 ? "others" : string.Join(',', SourceText.Prefixes(r.Packets.Sources, true)))}");
        Assert.Equal(
            ["Accept then Accept by out from 203.0.113.0/24", "Accept then Drop by out from others"], words.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void An_answer_to_what_is_not_tracked_is_not_established()
    {
        var judge = lab.Judge(
            """
            table inet a {
              chain raw { type filter hook prerouting priority -300; tcp dport 80 notrack; }
              chain out { type filter hook output priority 0; policy drop; ct state established,new accept; }
            }
            """);
        var answer = judge.Judge(lab.Query(80) with { WithReplies = true }, TestContext.Current.CancellationToken);
        Assert.All(answer.Regions, static r => Assert.Equal(FlowDecision.Drop, r.Outcome.Replies!.Decision));
        Assert.NotEmpty(answer.Regions);
    }

    [Fact]
    public void Rules_of_iptables_are_judged()
    {
        lab.Host.Nft("flush ruleset");
        foreach (var rule in (string[])
            [
                "-P INPUT DROP", "-N web", "-A INPUT -i lo -j ACCEPT", "-A INPUT -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT",
                "-A INPUT -p tcp -m multiport --dports 80,443 -j web",
                "-A INPUT -p tcp -m tcp --dport 22 -m limit --limit 3/min -j ACCEPT",
                "-A INPUT -p tcp --dport 25 -j REJECT --reject-with tcp-reset",
                "-A web -s 203.0.113.0/28 -m comment --comment x -j ACCEPT",
                "-A web -m addrtype --dst-type LOCAL -m iprange --src-range 198.51.100.3-198.51.100.5 -j ACCEPT", "-A web -j RETURN",
                "-t nat -A PREROUTING -p tcp --dport 5432 -m addrtype --dst-type LOCAL -j DNAT --to-destination 198.18.2.9:5000",
                "-A FORWARD -o docker0 -m conntrack --ctstate DNAT -j ACCEPT", "-P FORWARD DROP",
            ])
        {
            lab.Host.Tool("iptables", null, ["-w", .. rule.Split(' ')]);
        }

        var judge = lab.JudgeLoaded();
        Assert.Equal(
            "accept from 198.51.100.3, 198.51.100.4/31 by web\naccept from 203.0.113.0/28 by web\ndrop from others by policy of INPUT",
            JudgeLab.Words(judge, lab.Query(80)));
        Assert.Equal("accept limited from others by INPUT", JudgeLab.Words(judge, lab.Query(22)));
        Assert.Equal("reject from others by INPUT", JudgeLab.Words(judge, lab.Query(25)));
        Assert.Equal("accept forwarded to 198.18.2.9:5000 from others by FORWARD", JudgeLab.Words(judge, lab.Query(5432)));
    }

    [Fact]
    public void What_goes_out_is_judged_by_output_and_the_route()
    {
        var judge = lab.Judge(
            """
            table inet a {
              chain out { type filter hook output priority 0; meta skuid 1000 tcp dport 25 drop; oifname "eth0" ip daddr 203.0.113.9 reject; }
            }
            """);
        var query = new FlowQuery
        {
            Direction = FlowDirection.Outbound,
            IsIPv4 = true,
            Protocol = 6,
            DestinationPort = 25,
            WithReplies = false,
            Destinations = IntervalSet.Of(JudgeLab.InternetAddressOf("203.0.113.8"), JudgeLab.InternetAddressOf("203.0.113.9")),
        };
        Assert.Contains("(the user of the socket is not given)", JudgeLab.Words(judge, query), StringComparison.Ordinal);
        var sent = judge.Judge(query with { UserId = 7 }, TestContext.Current.CancellationToken);
        Assert.Equal([FlowDecision.Accept, FlowDecision.Reject], sent.Regions.Select(static r => r.Outcome.Decision).Order());
        Assert.Contains(sent.Regions, r => r.Outcome is { Delivery: DeliveryKind.Sent } && r.Outcome.OutputInterface == lab.FirstInterface);
    }

    [Fact]
    public void Chains_at_a_device_see_what_passes_it()
    {
        var judge = lab.Judge(
            """
            table netdev d {
              chain first { type filter hook ingress device eth0 priority 0; ip saddr 203.0.113.1 drop; }
              chain other { type filter hook ingress device eth1 priority 0; policy drop; }
              chain last { type filter hook egress device eth0 priority 0; ip daddr 203.0.113.2 drop; }
            }
            """);
        var answer = judge.Judge(lab.Query(80) with { WithReplies = true }, TestContext.Current.CancellationToken);
        FlowOutcome Of(string sender) =>
            Assert.Single(answer.Regions, r => r.Packets.Sources.Contains(JudgeLab.InternetAddressOf(sender))).Outcome;
        Assert.Equal((FlowDecision.Drop, "first"), (Of("203.0.113.1").Decision, Of("203.0.113.1").Decider!.Chain.Name));
        Assert.Equal((FlowDecision.Accept, FlowDecision.Drop), (Of("203.0.113.2").Decision, Of("203.0.113.2").Replies!.Decision));
        Assert.Equal(FlowDecision.Accept, Of("203.0.113.3").Replies!.Decision);
    }

    [Fact]
    public void What_passes_the_chain_of_a_bridges_port_or_rules_of_family_bridge_is_in_doubt()
    {
        lab.Host.Ip("link add br9 type bridge");
        lab.Host.Ip("link add port9 type veth peer name far9");
        lab.Host.Ip("link set port9 master br9");
        lab.Host.Ip("link set br9 up");
        lab.Host.Address("br9", "198.18.9.1/24");
        try
        {
            var index = lab.Host.Run(() => Referee.FrameTap.IndexOf("br9"));
            var query = lab.Query(80) with
            {
                Destinations = IntervalSet.Of(JudgeLab.InternetAddressOf("198.18.9.1")),
                Interfaces = [index],
            };
            string Words(string rules, FlowQuery asked) => JudgeLab.Words(lab.Judge(rules), asked);
            Assert.Equal(
                "depends from others (the packet may pass the chain port of a port below)",
                Words("table netdev d { chain port { type filter hook ingress device port9 priority 0; tcp dport 80 drop; }\n}", query));
            Assert.Equal(
                "depends from others (rules of family bridge are not evaluated)",
                Words("table bridge d { chain f { type filter hook input priority 0; tcp dport 80 drop; }\n}", query));
            Assert.Equal(
                "accept from others",
                Words("table bridge d { chain f { type filter hook input priority 0; tcp dport 80 drop; }\n}", lab.Query(80)));
        }
        finally
        {
            lab.Host.Ip("link del br9");
            lab.Host.Ip("link del port9");
        }
    }

    [Fact]
    public void Loopback_passes_output_and_input()
    {
        var judge = lab.Judge(
            """
            table inet a {
              chain in { type filter hook input priority 0; policy drop; iif lo ct state new accept; }
              chain out { type filter hook output priority 0; policy drop; oif lo accept; }
            }
            """);
        var address = IntervalSet.Of(JudgeLab.InternetAddressOf("127.0.0.1"));
        var answer = judge.Judge(
            new FlowQuery
            {
                Direction = FlowDirection.Loopback,
                IsIPv4 = true,
                Protocol = 6,
                DestinationPort = 80,
                Destinations = address,
                Sources = address,
            },
            TestContext.Current.CancellationToken);
        var region = Assert.Single(answer.Regions);
        Assert.Equal((FlowDecision.Accept, DeliveryKind.Local), (region.Outcome.Decision, region.Outcome.Delivery));
        Assert.Equal(["out", "in"], region.Outcome.Path.Select(static v => v.Chain.Name));
        Assert.Equal(FlowDecision.Drop, region.Outcome.Replies!.Decision);
    }

    [Fact]
    public void A_sender_that_the_kernel_refuses_does_not_get_in() =>
        Assert.StartsWith("noroute from 198.18.1.2 (the kernel rejects", lab.Tcp("", 80, "198.18.1.2"), StringComparison.Ordinal);
}
