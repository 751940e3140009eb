using System.Text.Json;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Published ports that rules stop, and answers whose errors rules stop.</summary>
public sealed class PublishedPortTests : ExplainLab
{
    private const string Publishing = "table ip nat { chain pre { type nat hook prerouting priority -100; tcp dport 8080 dnat to 198.18.9.2:80; }; }; ";

    [Fact]
    public void A_published_port_that_a_rule_stops_before_its_translation_is_blocked_by_that_rule()
    {
        Pair.Target.Setting("net/ipv4/ip_forward", "1");
        Pair.Target.Ip("route add 198.18.9.0/24 via 198.18.0.77");
        Pair.Target.Nft(Publishing + "table inet portolan { chain rules { type filter hook prerouting priority -110; tcp dport 8080 drop; }; }");

        var (_, output, _) = LabConsole.Run(Pair.Target, "--json");
        using var document = JsonDocument.Parse(output);
        var row = document.RootElement.GetProperty("ports").EnumerateArray().First(static r => r.GetProperty("port").GetInt32() == 8080);
        var explanation = Explain("8080", "--from", Client);

        Assert.Equal("blocked", row.GetProperty("exposure").GetString());
        Assert.StartsWith("inet portolan ", row.GetProperty("verdict").GetProperty("rule").GetString(), StringComparison.Ordinal);
        Assert.Equal("unreachable", explanation.Verdict);
        Assert.StartsWith("NO – packets are", explanation.Headline, StringComparison.Ordinal);
        Assert.Contains("rules send it on to 198.18.9.2:80", explanation.Steps, StringComparison.Ordinal);
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
        Pair.Target.Nft($"table inet fw {{ chain i {{ type filter hook input priority 0; tcp dport 80 reject; }}; chain o {{ type filter hook output priority 0; meta nfproto ipv4 {rule}; }}; }}");

        Assert.Equal((seen, seen), (Explain("80", "--from", Client).Symptom, Connect(80)));
    }

    [Fact]
    public void A_rule_that_cannot_be_judged_behind_a_reject_is_told()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft("table inet fw { chain i { type filter hook input priority 0; tcp dport 80 reject; }; chain o { type filter hook output priority 0; numgen random mod 2 0 drop; }; }");

        var explanation = Explain("80", "--from", Client);

        Assert.Equal(("unreachable", null), (explanation.Verdict, explanation.Symptom));
        Assert.Contains("whether the answer to that gets out cannot be judged: inet fw o handle", explanation.More, StringComparison.Ordinal);
    }
}
