using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// Routes, the check of senders, translation and neighbours are named when they are the reason; a real client sees what <c>explain</c>
/// says.
/// </summary>
public sealed class ExplainRouteTests : ExplainLab
{
    [Fact]
    public void There_is_no_route_back()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Scanner.Address("lo", "203.0.113.9/32");

        AssertSame(
            Explain("8080", "--from", "203.0.113.9"), Attempt.Connect(Pair.Scanner, Server, 8080, "203.0.113.9"), verdict: "unreachable",
            failed: "replies");
    }

    [Fact]
    public void The_check_of_senders_drops_them()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Scanner.Address("lo", "203.0.113.9/32");
        Pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "1");
        Pair.Target.Ip("link add side type veth peer name side-far");
        Pair.Target.Ip("link set side up");
        Pair.Target.Ip("link set side-far up");
        Pair.Target.Address("side", "198.19.0.1/24");
        Pair.Target.Ip("route add 203.0.113.0/24 via 198.19.0.2");

        // By the way back it is expected at "side"; told that it arrives on eth0, the check of senders is what stops it.
        var explanation = Explain($"{Server}:8080", "--from", "203.0.113.9");
        Assert.Contains("side", explanation.Steps, StringComparison.Ordinal);
        Assert.Equal(("depends", "route in"), (explanation.Verdict, explanation.Failed));
        Assert.Contains("on eth0: no", Explain("8080", "--from", "203.0.113.9").Headline, StringComparison.Ordinal);
        Assert.DoesNotContain(
            "PROVED", LabConsole.Run(Pair.Target, "explain", "8080", "--from", "203.0.113.9").Output, StringComparison.Ordinal);
        Assert.Equal("reachable", Explain("8080", "--from", "203.0.113.9%side").Verdict);
        Assert.Equal(
            ("unreachable", "route in"),
            (Explain($"{Server}:8080", "--from", "203.0.113.9%eth0").Verdict,
                Explain($"{Server}:8080", "--from", "203.0.113.9%eth0").Failed));
        var byInterface = Explain("8080", "--from", "eth0");
        Assert.Equal("reachable", byInterface.Verdict);
        Pair.Target.Ip("route del 203.0.113.0/24");
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "1");

        AssertSame(
            Explain("8080", "--from", "203.0.113.9"), Attempt.Connect(Pair.Scanner, Server, 8080, "203.0.113.9"), verdict: "unreachable",
            failed: "route in");
    }

    [Fact]
    public void Replies_that_leave_by_another_interface_are_told_with_the_check_of_senders_off()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Setting("net/ipv4/conf/all/rp_filter", "0");
        Pair.Target.Setting("net/ipv4/conf/eth0/rp_filter", "0");
        Pair.Target.Ip("link add side type veth peer name side-far");
        Pair.Target.Ip("link set side up");
        Pair.Target.Ip("link set side-far up");
        Pair.Target.Address("side", "198.19.0.1/24");
        Pair.Target.Ip("route add 203.0.113.0/24 via 198.19.0.2");
        const string OtherWay = "but replies leave on side (asymmetric routing)";

        var explanation = Explain($"{Server}:8080", "--from", "203.0.113.9");
        Assert.Equal("reachable", explanation.Verdict);
        Assert.Contains(
            $"packets arrive on eth0, which has {Server}, {OtherWay}, as far as is visible",
            LabConsole.Run(Pair.Target, "explain", $"{Server}:8080", "--from", "203.0.113.9").Output.ReplaceLineEndings(" ").Replace(
                "                 ", "", StringComparison.Ordinal), StringComparison.Ordinal);
        Assert.Contains(
            OtherWay, LabConsole.Run(Pair.Target, "explain", "8080", "--from", "203.0.113.9%eth0", "--json").Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "asymmetric", LabConsole.Run(Pair.Target, "explain", "8080", "--from", "203.0.113.9%side", "--json").Output,
            StringComparison.Ordinal);
        Assert.DoesNotContain(
            "asymmetric", LabConsole.Run(Pair.Target, "explain", $"{Server}:8080", "--from", Client, "--json").Output,
            StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("accept", "reachable", "")]
    [InlineData("drop", "unreachable", "firewall")]
    public void A_translated_port_is_decided_by_FORWARD_and_not_by_INPUT(string policy, string verdict, string failed)
    {
        using var behind = new LabHost();
        LabHost.Connect(Pair.Target, "inner", behind, "eth0");
        Pair.Target.Address("inner", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        behind.ListenTcp(80);
        behind.Inhabit();
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Nft($$"""
            table ip nat { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 198.18.9.2:80; }; }
            table inet fw {
              chain input { type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; }
              chain forward { type filter hook forward priority 0; policy {{policy}}; ct state established accept; }
            }
            """);

        var explanation = Explain("8080", "--from", Client);

        AssertSame(explanation, Connect(8080), verdict, failed);
        Assert.Contains("redirected to 198.18.9.2:80", explanation.Steps, StringComparison.Ordinal);
        var (_, chart, _) = LabConsole.Run(Pair.Target);
        Assert.Contains("→ 198.18.9.2:80", chart, StringComparison.Ordinal);
    }

    /// <summary>The other cable forwards, and so does the general switch.</summary>
    [Theory]
    [InlineData("eth0", "route on")]
    [InlineData("inner", "replies")]
    public void Forwarding_that_one_interface_lacks_is_turned_on_there(string lacking, string failed)
    {
        using var behind = new LabHost();
        LabHost.Connect(Pair.Target, "inner", behind, "eth0");
        Pair.Target.Address("inner", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        behind.ListenTcp(80);
        behind.Inhabit();
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Setting($"net/ipv4/conf/{lacking}/forwarding", "0");
        Pair.Target.Nft("table ip n { chain p { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 198.18.9.2:80\n }\n }");

        var explanation = Explain("8080", "--from", Client);
        Assert.Equal(("unreachable", failed, "times-out"), (explanation.Verdict, explanation.Failed, Connect(8080)));
        Assert.StartsWith($"sudo sysctl net/ipv4/conf/{lacking}/forwarding=1 ", Assert.Single(explanation.Fixes), StringComparison.Ordinal);
        Assert.Equal(lacking == "eth0" ? "depends" : "unreachable", Explain("8080", "-4").Verdict);
        Assert.Contains($"net/ipv4/conf/{lacking}/forwarding=1", Explain("8080", "-4").Fixes[0], StringComparison.Ordinal);
        LabConsole.Paste(Pair.Target, explanation);

        Assert.Equal(("reachable", "connects"), (Explain("8080", "--from", Client).Verdict, Connect(8080)));
    }

    [Fact]
    public void A_rule_that_drops_neighbour_discovery_is_told_before_it_bites()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; tcp dport 8080 accept; }; }");

        Assert.Equal(("depends", "neighbours"), (Explain("8080", "-6").Verdict, Explain("8080", "-6").Failed));
        var (_, chart, _) = LabConsole.Run(Pair.Target);
        Assert.Contains("neighbour discovery", chart, StringComparison.Ordinal);
    }

    /// <summary>Each interface would be a case of its own, more than are followed. The client is behind one of them.</summary>
    [Theory]
    [InlineData("0.0.0.0", "reachable", "connects")]
    [InlineData("198.19.0.1", "depends", "refused")]
    public void A_redirect_on_hundreds_of_interfaces_is_judged(string listener, string verdict, string seen)
    {
        var lines = Enumerable.Range(0, 530).SelectMany(static i => new[]
        {
            $"link add a{i} type veth peer name b{i}", $"addr add 198.19.{i / 64}.{(i % 64 * 4) + 1}/30 dev a{i}", $"link set a{i} up",
        });
        var (_, error, exit) = Pair.Target.Execute(Tool.Find("ip"), string.Join('\n', lines), "-batch", "-");
        Assert.True(exit == 0, error);
        Listen(System.Net.IPAddress.Parse(listener), 8080);
        Pair.Target.Nft("table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 80 redirect to :8080\n }\n }");

        var explanation = Explain("80", "-4");

        Assert.Equal((verdict, seen), (explanation.Verdict, Connect(80)));
        Assert.DoesNotContain("too many cases", explanation.Headline + explanation.Steps, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("0", "unreachable", "route in", "times-out")]
    [InlineData("1", "reachable", "", "connects")]
    public void Loopback_is_reached_from_outside_only_where_it_is_routed(string isRouted, string verdict, string failed, string seen)
    {
        Listen(System.Net.IPAddress.Loopback, 8080);
        Pair.Target.Setting("net/ipv4/conf/eth0/route_localnet", isRouted);
        Assert.Equal(
            (verdict, failed), (Explain("127.0.0.1:8080", "--from", Client).Verdict, Explain("127.0.0.1:8080", "--from", Client).Failed));

        Pair.Target.Nft("table ip n { chain p { type nat hook prerouting priority dstnat; tcp dport 8080 dnat to 127.0.0.1\n }\n }");
        var translated = Explain($"{Server}:8080", "--from", Client);

        Assert.Equal((verdict, seen), (translated.Verdict, Connect(8080)));
        var (_, output, _) = LabConsole.Run(Pair.Target, "explain", $"{Server}:8080", "--from", Client);
        const string fix =
            "# make the rule redirect to a non-loopback address of this machine; net/ipv4/conf/eth0/route_localnet=1 would expose all "
                + "loopback listeners to every host on eth0";
        Assert.True(isRouted == "0" == output.Contains(fix, StringComparison.Ordinal), output);
        Assert.DoesNotContain("sudo sysctl", output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("table netdev x { chain c { type filter hook egress device eth0 priority 0; tcp sport 80 drop\n }\n }", "sport 80 accept")]
    [InlineData("table inet x { chain c { type filter hook postrouting priority 300; tcp sport 80 drop\n }\n }", "sport 80 accept")]
    [InlineData("table inet x { chain c { type filter hook output priority 0; tcp sport 8080 drop\n }\n }", "sport 8080 accept")]
    public void The_fix_names_the_port_of_replies_as_the_chain_sees_it(string rules, string fix)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table ip n { chain p { type nat hook prerouting priority dstnat; tcp dport 80 redirect to :8080\n }\n }");
        Pair.Target.Nft(rules);

        Assert.Equal("times-out", Connect(80));
        var (_, output, _) = LabConsole.Run(Pair.Target, "explain", "80", "--from", Client);
        Assert.Contains(fix, output, StringComparison.Ordinal);
        var command = output.Split('\n').Single(l => l.StartsWith("Fix:", StringComparison.Ordinal))[4..].Trim().Replace(
            "sudo nft ", "", StringComparison.Ordinal);
        Pair.Target.Nft(command);
        Assert.Equal(("reachable", "connects"), (Explain("80", "--from", Client).Verdict, Connect(80)));
    }

    [Fact]
    public void A_rule_that_stops_replies_to_a_client_on_the_same_port_is_opened_at_once_too()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft("table inet x { chain u { tcp dport 8080 drop\n }\n chain i { type filter hook input priority 0; jump u\n }\n "
            + "chain o { type filter hook output priority 0; jump u\n }\n }");

        var (_, output, _) = LabConsole.Run(Pair.Target, "explain", "8080", "--from", Client);

        Assert.Contains("dport 8080 accept", output, StringComparison.Ordinal);
        Assert.Contains("sport 8080 accept", output, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_of_routing_about_an_own_address_need_not_stop_the_answers_of_a_datagram_socket()
    {
        Pair.Target.EchoUdp(5353);
        Pair.Target.Ip($"rule add from {Server} unreachable pref 50");

        var explanation = Explain("5353/udp", "--from", Client);

        Assert.Equal("depends", explanation.Verdict);
        Assert.Contains("DEPENDS ON the source address of the program's replies", explanation.Headline, StringComparison.Ordinal);
        Pair.Target.ListenTcp(8080);
        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "unreachable", failed: "replies");
    }
}
