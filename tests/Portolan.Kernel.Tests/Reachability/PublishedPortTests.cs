using System.Text.Json;
using Portolan.Kernel.Tests.Firewall.Changing;
using Portolan.Kernel.Tests.Support;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Published ports that rules stop, and answers whose errors rules stop.</summary>
public sealed class PublishedPortTests : ExplainLab
{
    private const string Publishing =
        "table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 dnat to 198.18.9.2:80; }; }; ";

    [Fact]
    public void A_published_port_that_a_rule_stops_before_its_translation_is_blocked_by_that_rule()
    {
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Ip("route add 198.18.9.0/24 via 198.18.0.77");
        Pair.Target.Nft(
            Publishing + "table inet portolan { chain rules { type filter hook prerouting priority -110; tcp dport 8080 drop; }; }");

        var (_, output, _) = LabConsole.Run(Pair.Target, "--json");
        using var document = JsonDocument.Parse(output);
        var row = document.RootElement.GetProperty("ports").EnumerateArray().First(static r => r.GetProperty("port").GetInt32() == 8080);
        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("blocked", row.GetProperty("exposure").GetString());
        Assert.StartsWith("inet portolan ", row.GetProperty("verdict").GetProperty("rule").GetString(), StringComparison.Ordinal);
        Assert.Equal("unreachable", explanation.Verdict);
        Assert.StartsWith("NO – packets are", explanation.Headline, StringComparison.Ordinal);
        Assert.Contains("rules redirect it to 198.18.9.2:80", explanation.Steps, StringComparison.Ordinal);
        Assert.Contains("inet portolan ", explanation.Steps, StringComparison.Ordinal);
    }

    [Fact]
    public void A_published_port_that_portolan_blocks_is_blocked_by_that_rule()
    {
        using var inside = new LabHost();
        LabHost.Connect(Pair.Target, "in0", inside, "eth0");
        Pair.Target.Address("in0", "192.0.2.1/24");
        inside.Address("eth0", "192.0.2.2/24");
        inside.Ip("route add default via 192.0.2.1");
        inside.ListenTcp(80);
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Nft("table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 dnat to 192.0.2.2:80; }; }");
        Assert.Equal("connects", Connect(8080));

        Pair.Target.Run(
            static () =>
                ChangeLab.Changer().Apply(
                    ChangeLab.Plan(TimeSpan.FromMinutes(5), "block 8080/tcp"), static _ => { }, isDryRun: false,
                    TestContext.Current.CancellationToken));

        var (_, output, _) = LabConsole.Run(Pair.Target, "--json");
        using var document = JsonDocument.Parse(output);
        var row = document.RootElement.GetProperty("ports").EnumerateArray().First(static r => r.GetProperty("port").GetInt32() == 8080);
        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("blocked", row.GetProperty("exposure").GetString());
        Assert.StartsWith("inet portolan ", row.GetProperty("verdict").GetProperty("rule").GetString(), StringComparison.Ordinal);
        Assert.Equal(("unreachable", "times-out", "times-out"), (explanation.Verdict, explanation.Symptom, Connect(8080)));
        Assert.Contains("rules redirect it to 192.0.2.2:80", explanation.Steps, StringComparison.Ordinal);
        Assert.Contains("inet portolan ", explanation.Steps, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ct protocol tcp drop", "times-out")]
    [InlineData("ct protocol icmp drop", "refused")]
    [InlineData("ct protocol tcp ct original proto-dst 80 drop", "times-out")]
    [InlineData("ct protocol tcp ct original proto-dst 81 drop", "refused")]
    [InlineData("ct state related drop", "times-out")]
    [InlineData("ct state invalid drop", "refused")]
    [InlineData("ct original ip daddr 198.18.0.2 drop", "times-out")]
    public void The_error_that_a_reject_sends_belongs_to_the_connection_it_rejects(string rule, string seen)
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft($"table inet fw {{ chain i {{ type filter hook input priority 0; tcp dport 80 reject; }}; chain o {{ type filter "
            + $"hook output priority 0; meta nfproto ipv4 {rule}; }}; }}");

        Assert.Equal((seen, seen), (Explain("80", "--from", Client).Symptom, Connect(80)));
    }

    [Fact]
    public void A_rule_that_cannot_be_judged_behind_a_reject_is_told()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; tcp dport 80 reject; }; chain o { type filter hook "
            + "output priority 0; numgen random mod 2 0 drop; }; }");

        var explanation = Explain("80", "--from", Client);

        Assert.Equal(("unreachable", null), (explanation.Verdict, explanation.Symptom));
        Assert.Contains(
            "whether that answer gets out cannot be evaluated: inet fw o handle", explanation.More, StringComparison.Ordinal);
    }
}
