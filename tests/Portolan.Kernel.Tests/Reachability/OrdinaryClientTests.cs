using System.Text.Json;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Questions are answered for an ordinary client; what others may send is a footnote, and who gets in is in the chart.</summary>
public sealed class OrdinaryClientTests : ExplainLab
{
    private const string Network = "198.18.0.0/24";

    [Theory]
    [InlineData(
        "ip saddr 198.18.0.0/24 tcp sport < 1024 drop", "source ports below 1024 from 198.18.0.0/24 are dropped, inet fw input handle 2")]
    [InlineData(
        "ip saddr 198.18.0.0/24 ip length > 5000 reject",
        "packets of more than 5000 bytes from 198.18.0.0/24 are rejected, inet fw input handle 2")]
    [InlineData("tcp option maxseg size 1-500 drop", "segments with an MSS of 1-500 are dropped, inet fw input handle 2")]
    [InlineData("ip ttl < 5 drop", "packets with a TTL below 5 are dropped, inet fw input handle 2")]
    [InlineData("tcp option fastopen exists drop", "segments with unusual TCP options are dropped, inet fw input handle 2")]
    [InlineData("tcp flags syn tcp option maxseg missing drop", "segments without an MSS option are dropped, inet fw input handle 2")]
    [InlineData("ip dscp cs6 drop", "packets with an unusual type of service (192-195) are dropped, inet fw input handle 2")]
    public void A_rule_about_packets_that_no_ordinary_client_sends_is_a_footnote(string rule, string footnote)
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft($"table inet fw {{ chain input {{ type filter hook input priority 0; {rule}; }}; }}");
        Pair.Target.Ip("route add default via 198.18.0.1");

        var explanation = Explain("80", "-4");
        var verdict = Verdict(80);

        explanation.AssertReachable();
        Assert.Equal("connects", Connect(80));
        Assert.StartsWith("YES – anyone can connect", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal(footnote, explanation.Footnotes);
        Assert.Equal(
            ("allow", "proved", "0.0.0.0/0 ::/0", "[]"),
            (Text(verdict, "decision"), Text(verdict, "proof"),
                string.Join(' ', verdict.GetProperty("from").EnumerateArray().Select(static p => p.GetString())),
                verdict.GetProperty("partly").GetRawText()));
        Assert.Contains(footnote, verdict.GetProperty("exceptions").EnumerateArray().Select(static e => e.GetString()));
    }

    [Theory]
    [InlineData(
        "ether saddr 00:11:22:33:44:55 drop",
        "DEPENDS ON the link address – some packets (link address other than 00:11:22:33:44:55) gets through")]
    [InlineData(
        "tcp flags syn tcp option sack-perm missing drop",
        "DEPENDS ON the TCP options – some packets (TCP options with SACK permitted) gets through")]
    [InlineData(
        "tcp flags syn tcp option sack-perm exists drop",
        "DEPENDS ON the TCP options – some packets (TCP options without SACK permitted) gets through")]
    [InlineData(
        "ip frag-off & 0x4000 == 0 drop",
        "DEPENDS ON the don't-fragment flag – some packets (don't-fragment flag set) gets through")]
    [InlineData("ip length 60 drop", "DEPENDS ON the length – packets with length 60 are dropped; whether others get through depends on ")]
    [InlineData(
        "tcp option timestamp exists drop",
        "DEPENDS ON the TCP options – packets with TCP options with timestamps are dropped; whether others get through depends on ")]
    public void What_tells_the_packets_apart_is_named_as_people_know_it(string rule, string headline)
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft($"table inet fw {{ chain input {{ type filter hook input priority 0; {rule}; }}; }}");

        Assert.StartsWith(headline, Explain("80", "--from", Client).Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void A_rule_about_replies_to_one_source_port_limits_no_other_port()
    {
        Pair.Target.ListenTcp(443);
        Pair.Target.Nft("table inet fw { chain output { type filter hook output priority 0; tcp dport 25 reject; }; }");

        var (explanation, verdict) = (Explain("443", "--from", Client), Verdict(443));

        explanation.AssertReachable();
        Assert.Equal("connects", Connect(443));
        Assert.Empty(explanation.Fixes);
        Assert.Equal("packets from source port 25 get no answer, inet fw output handle 2", explanation.Footnotes);
        Assert.Equal("reachable", Exposure(443));
        Assert.NotEqual(0, verdict.GetProperty("from").GetArrayLength());
    }

    [Fact]
    public void Where_a_part_of_the_ordinary_packets_gets_in_it_depends_on_what_tells_them_apart()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft(
            $"table inet fw {{ chain input {{ type filter hook input priority 0; ip saddr {Network} tcp sport 40000-50000 drop; }}; }}");

        var (explanation, verdict) = (Explain("80", "--from", Network), Verdict(80));

        Assert.Equal("depends", explanation.Verdict);
        Assert.StartsWith(
            "DEPENDS ON the source port – some packets (source port other than 40000-50000) gets through", explanation.Headline,
            StringComparison.Ordinal);
        Assert.Contains(Network, verdict.GetProperty("partly").EnumerateArray().Select(static p => p.GetString()));
        Assert.Equal("with source port other than 40000-50000", Text(verdict, "partlyHow"));
        Assert.DoesNotContain(Network, verdict.GetProperty("from").EnumerateArray().Select(static p => p.GetString()));
    }

    [Fact]
    public void Where_only_some_senders_get_in_it_depends_on_the_sender()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft(
            "table inet fw { chain input { type filter hook input priority 0; policy drop; ip saddr 198.18.0.0/28 tcp dport 80 accept; }; "
                + "}");

        Assert.StartsWith(
            "DEPENDS ON the sender – only 198.18.0.0/28 gets through", Explain("80", "-4").Headline, StringComparison.Ordinal);
    }

    [Fact]
    public void What_cannot_be_known_is_unknown_and_named()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; numgen random mod 2 0 drop; }; }");

        var explanation = Explain("80", "-4");

        Assert.Equal("unknown", explanation.Verdict);
        Assert.Equal(
            "UNKNOWN – it depends on a rule that cannot be evaluated: inet fw input handle 2: numgen is random.", explanation.Headline);
    }

    [Fact]
    public void A_rule_that_cannot_be_judged_is_never_named_as_the_one_that_drops()
    {
        Pair.Target.ListenTcp(80);
        Pair.Target.Nft("table inet fw { chain input { type filter hook input priority 0; policy drop; numgen random mod 2 0 drop; }; }");

        Assert.Equal("inet fw input policy drop", Text(Verdict(80), "rule"));
        Assert.DoesNotContain("handle 2: numgen", Explain("80", "-4").Steps, StringComparison.Ordinal);
    }

    private JsonElement Verdict(int port) => Row(port).GetProperty("verdict");

    private string? Exposure(int port) => Text(Row(port), "exposure");

    private JsonElement Row(int port)
    {
        var (_, output, error) = LabConsole.Run(Pair.Target, "--json");
        Assert.True(output.Length > 0, error);
        using var document = JsonDocument.Parse(output);
        return document.RootElement.GetProperty("ports").EnumerateArray().First(r => r.GetProperty("port").GetInt32() == port).Clone();
    }

    private static string? Text(JsonElement element, string name) => element.GetProperty(name).GetString();
}
