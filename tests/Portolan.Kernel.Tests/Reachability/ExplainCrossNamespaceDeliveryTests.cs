using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Packets that rules send on are followed as far as this machine goes: into its other namespaces, and no further.</summary>
public sealed class ExplainCrossNamespaceDeliveryTests : ExplainLab
{
    private const string Forwarding =
        "table ip nat { chain prerouting { type nat hook prerouting priority dstnat; tcp dport 8081 dnat to 198.18.9.2:80; }; }";

    [Theory]
    [InlineData("198.18.0.77:80")]
    [InlineData("198.18.0.70-198.18.0.77:8000-8010")]
    public void What_is_not_on_this_machine_is_answered_up_to_the_hand_over(string target)
    {
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Nft(
            $"table ip nat {{ chain prerouting {{ type nat hook prerouting priority dstnat; tcp dport 8081 dnat to {target}; }}; }}");

        var explanation = Explain("8081", "--from", Client);
        var (_, chart, _) = LabConsole.Run(Pair.Target);

        Assert.Equal(("depends", null, ""), (explanation.Verdict, explanation.Symptom, explanation.Failed));
        Assert.Contains(
            $"DEPENDS ON the listener at {target} – {Client} gets through up to {target}", explanation.Headline,
            StringComparison.Ordinal);
        Assert.Contains(
            chart.Split('\n'),
            l => l.StartsWith("8081/tcp", StringComparison.Ordinal) && l.Contains($"→ {target}", StringComparison.Ordinal)
                && l.Contains("(not proved)", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData(80, "", "reachable", "connects")]
    [InlineData(81, "", "unreachable", "refused")]
    [InlineData(80, "table inet fw { chain input { type filter hook input priority 0; policy drop; }; }", "unreachable", "times-out")]
    public void What_is_in_another_namespace_of_this_machine_is_looked_up_there(int port, string rules, string verdict, string symptom)
    {
        using var behind = Behind(Pair.Target);
        behind.Inhabit();
        behind.ListenTcp(port);
        if (rules.Length > 0)
        {
            behind.Nft(rules);
        }

        Pair.Target.Nft(Forwarding);
        var explanation = Explain("8081", "--from", Client);
        var (_, chart, _) = LabConsole.Run(Pair.Target);

        Assert.Equal((verdict, symptom, symptom), (explanation.Verdict, explanation.Symptom, Connect(8081)));
        Assert.Contains("network namespace", explanation.Steps, StringComparison.Ordinal);
        Assert.Equal(verdict == "reachable" ? "allow" : symptom == "refused" ? "nothing listens" : "drop", VerdictOf(chart, "8081/tcp"));
    }

    /// <summary>As labs of other tests are, beside this one.</summary>
    [Fact]
    public void What_has_the_same_address_elsewhere_on_this_machine_is_not_taken_for_it()
    {
        using var other = LabPair.Create();
        using var there = Behind(other.Target);
        there.Inhabit();
        using var behind = Behind(Pair.Target);
        Pair.Target.Nft(Forwarding);

        Assert.Equal("depends", Explain("8081", "--from", Client).Verdict);
    }

    [Fact]
    public void A_namespace_without_a_route_back_is_not_called_one_whose_rules_drop()
    {
        using var behind = Behind(Pair.Target);
        behind.Inhabit();
        behind.ListenTcp(80);
        behind.Ip("route del default");
        Pair.Target.Nft(Forwarding);

        var explanation = Explain("8081", "--from", Client);

        Assert.Equal(("unreachable", "times-out", "times-out"), (explanation.Verdict, explanation.Symptom, Connect(8081)));
        Assert.Contains("has no route back", explanation.Headline, StringComparison.Ordinal);
        Assert.DoesNotContain("rules of network namespace", explanation.Headline, StringComparison.Ordinal);
        Assert.Contains("no route back", explanation.Steps, StringComparison.Ordinal);
    }

    [Fact]
    public void A_port_of_this_machine_without_a_listener_is_none_though_rules_drop_packets_before()
    {
        Pair.Target.Nft("table inet fw { chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8099; }; chain i "
            + "{ type filter hook input priority 0; policy drop; icmpv6 type { 133-137 } accept; }; }");

        var explanation = Explain("8081", "--from", Client);

        AssertSame(explanation, Connect(8081), verdict: "unreachable", failed: "listener firewall");
        Assert.Contains(":8099, where nothing listens either", explanation.Steps, StringComparison.Ordinal);
    }

    [Fact]
    public void Of_a_range_of_ports_each_is_looked_at()
    {
        Pair.Target.ListenTcp(8090);
        Pair.Target.Nft("table inet fw { chain n { type nat hook prerouting priority dstnat; tcp dport 8081 redirect to :8090-8091; tcp "
            + "dport 8082 redirect to :8095-8099; }; }");

        Assert.Equal("depends", Explain("8081", "--from", Client).Verdict);
        Assert.Equal(("unreachable", "refused"), (Explain("8082", "--from", Client).Verdict, Connect(8082)));
        Assert.Contains("8095-8099", Explain("8082", "--from", Client).Headline, StringComparison.Ordinal);
    }

    private static LabHost Behind(LabHost front)
    {
        var behind = new LabHost();
        LabHost.Connect(front, "inner", behind, "eth0");
        front.Address("inner", "198.18.9.1/24");
        behind.Address("eth0", "198.18.9.2/24");
        behind.Ip("route add default via 198.18.9.1");
        front.Setting("net/ipv4/ip_forward", "1");
        return behind;
    }

    private static string VerdictOf(string chart, string port)
    {
        var line = chart.Split('\n').FirstOrDefault(l => l.StartsWith(port, StringComparison.Ordinal)) ?? "";
        return line.Contains("not proved", StringComparison.Ordinal) ? line
            : Array.Find(["nothing listens", "allow", "drop"], w => line.Contains($" {w}", StringComparison.Ordinal)) ?? line;
    }
}
