namespace Portolan.Kernel.Tests.Reachability;

/// <summary>A whole exchange is judged, not its first packets: against clients that send a request and read the reply.</summary>
public sealed class LaterPacketsTests : ExplainLab
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(2.5);

    [Theory]
    [InlineData("policy drop; tcp dport 80 limit rate 3/minute burst 1 packets accept", "connects", "connects")]
    [InlineData("policy accept; tcp dport 80 limit rate over 1/hour burst 1 packets drop", "connects", "connects")]
    [InlineData(
        "policy accept; ct state new accept; ct state established limit rate over 1/hour burst 1 packets drop",
        "connects", "connects")]
    [InlineData("policy drop; tcp dport 80 limit name two accept", "connects", "connects")]
    [InlineData("policy drop; tcp dport 80 quota 30 bytes accept", "times-out", "times-out")]
    [InlineData("policy drop; tcp dport 80 limit rate 10 bytes/second burst 20 bytes accept", "times-out", "times-out")]
    [InlineData("policy accept; tcp dport 80 limit rate over 10 bytes/second burst 20 bytes drop", "times-out", "times-out")]
    [InlineData("policy drop; tcp dport 80 quota 100 bytes accept", null, "connects")]
    [InlineData("policy accept; tcp dport 80 ct state established reject with tcp reset", "reset", "reset")]
    [InlineData("policy accept; tcp dport 80 ct state established reject", "connects", "connects")]
    [InlineData("policy accept; tcp dport 80 tcp flags & psh == psh drop", "connects", "connects")]
    [InlineData("policy accept; tcp dport 80 tcp flags & psh == psh reject with tcp reset", "reset", "reset")]
    [InlineData(
        "policy accept; }; chain out { type filter hook output priority 0; tcp sport 80 tcp flags & psh == psh drop",
        "connects", "connects")]
    [InlineData(
        "policy accept; }; chain out { type filter hook output priority 0; tcp sport 80 limit rate over 1/hour burst 1 packets drop",
        "connects", "connects")]
    public async Task An_exchange_that_never_gets_done_is_unreachable(string rules, string? symptom, string seen)
    {
        Pair.Target.ServeTcp(80);
        Load(rules);

        var explanation = Explain("80", "-4");
        var row = Row(80);

        Assert.Equal(("unreachable", symptom, "blocked"), (explanation.Verdict, explanation.Symptom, row));
        var really = await Exchange();

        // An ICMP error about the acknowledgment is reported by SO_ERROR, and ends nothing.
        Assert.Equal(seen, really == "refused" && rules.EndsWith("reject", StringComparison.Ordinal) ? "connects" : really);
    }

    [Theory]
    [InlineData("policy drop; tcp dport 80 limit rate 3/minute burst 3 packets accept")]
    [InlineData("policy drop; tcp dport 80 limit rate 10/minute accept")]
    [InlineData("policy drop; tcp dport 80 quota 2000 bytes accept")]
    [InlineData("policy accept; tcp dport 80 tcp flags & fin == fin drop")]
    [InlineData("policy accept; tcp dport 80 tcp flags == ack drop")]
    [InlineData("policy accept; }; chain out { type filter hook output priority 0; tcp sport 80 tcp flags == ack drop")]
    public async Task An_exchange_that_is_done_or_not_depends_on_later_packets(string rules)
    {
        Pair.Target.ServeTcp(80);
        Load(rules);

        var explanation = Explain("80", "-4");

        Assert.StartsWith("DEPENDS ON later packets – ", explanation.Headline, StringComparison.Ordinal);
        Assert.Equal(("depends", "later packets", "unknown"), (explanation.Verdict, explanation.Failed, Row(80)));
        Assert.Contains(await Exchange(), (string[])["exchanged", "connects"]);
    }

    [Theory]
    [InlineData(
        "policy drop; ct state established accept; limit rate 3/minute burst 1 packets accept",
        "up to 3 connections a minute, shared by all senders")]
    [InlineData("policy drop; tcp dport 80 limit rate 100/second accept", "up to 100 packets a second, shared by all senders")]
    [InlineData("policy drop; tcp dport 80 limit rate 3/minute burst 40 packets accept", "up to 3 packets a minute, shared by all senders")]
    [InlineData(
        "policy drop; ct state established accept; quota 1 mbytes accept",
        "up to 1 mbytes in all, 0 bytes of it used, shared by all senders")]
    public async Task A_limit_that_an_exchange_keeps_is_said_in_what_it_counts(string rules, string limit)
    {
        Pair.Target.ServeTcp(80);
        Load(rules);

        var explanation = Explain("80", "-4");

        explanation.AssertReachable();
        Assert.Equal((limit, "exchanged"), (explanation.Limit, await Exchange()));
    }

    [Theory]
    [InlineData("limit rate 3/minute burst 1 packets", "unreachable", "so that it counts new connections only")]
    [InlineData("limit rate 3/minute burst 3 packets", "depends", "so that it counts new connections only")]
    [InlineData("quota 1000 bytes", "depends", "raise the limit of")]
    public void What_helps_against_a_limit_on_every_packet_is_to_accept_established_connections_before_it(
        string limit, string verdict, string words)
    {
        Pair.Target.ServeTcp(80);
        Load($"policy drop; tcp dport 80 {limit} accept");

        var explanation = Explain("80", "-4");

        Assert.Equal(verdict, explanation.Verdict);
        var fix = Assert.Single(explanation.Fixes);
        Assert.StartsWith("# ", fix, StringComparison.Ordinal);
        Assert.Contains(words, fix, StringComparison.Ordinal);

        Load($"policy drop; ct state established accept; tcp dport 80 {limit} accept");
        Explain("80", "-4").AssertReachable();
    }

    [Theory]
    [InlineData("-m limit --limit 3/min --limit-burst 3 -j ACCEPT", "depends")]
    [InlineData("-m limit --limit 3/min --limit-burst 1 -j ACCEPT", "unreachable")]
    [InlineData("-m hashlimit --hashlimit-upto 3/min --hashlimit-burst 1 --hashlimit-name h -j ACCEPT", "unreachable")]
    [InlineData("-m recent --set --name r -m recent --update --seconds 60 --hitcount 3 --name r -j DROP", "unreachable")]
    [InlineData("-m recent --set --name r -m recent --update --seconds 60 --hitcount 10 --name r -j DROP", "depends")]
    [InlineData("-m recent --rcheck --seconds 60 --hitcount 3 --name never -j DROP", "reachable")]
    public async Task Limits_of_iptables_count_all_packets_too(string rule, string verdict)
    {
        Pair.Target.ServeTcp(80);
        var rest = rule.EndsWith("ACCEPT", StringComparison.Ordinal) ? "; iptables -A INPUT -p tcp --dport 80 -j DROP" : "";
        Pair.Target.Tool("bash", null, "-c", $"iptables -A INPUT -p tcp --dport 80 {rule}{rest}");

        Assert.Equal(verdict, Explain("80", "-4").Verdict);
        var seen = await Exchange();
        Assert.True(verdict == "depends" || (seen == "exchanged") == (verdict == "reachable"), seen);
    }

    [Theory]
    [InlineData("policy drop; udp dport 5353 quota 20 bytes accept", "unreachable", "times-out")]
    [InlineData("policy drop; udp dport 5353 limit rate 1/hour burst 1 packets accept", "depends", "connects")]
    [InlineData("policy accept; udp dport 5353 ct state established drop", "depends", "connects")]
    [InlineData(
        "policy accept; udp dport 5353 ct state established accept; udp dport 5353 limit rate over 1/hour burst 1 packets drop",
        "reachable", "connects")]
    public void Datagrams_that_follow_count_as_later_packets(string rules, string verdict, string seen)
    {
        Pair.Target.EchoUdp(5353);
        Load(rules);

        var explanation = Explain("5353/udp", "-4");

        Assert.Equal((verdict, seen), (explanation.Verdict, Attempt.Ask(Pair.Scanner, Server, 5353)));
        Assert.True(verdict != "depends" || explanation.Headline.StartsWith("DEPENDS ON later packets", StringComparison.Ordinal));
    }

    [Fact]
    public void Senders_whose_later_packets_stop_are_told_beside_those_who_are_dropped()
    {
        Pair.Target.ServeTcp(80);
        Load("policy accept; ip saddr 198.18.0.0/28 tcp dport 80 drop; tcp dport 80 limit rate over 3/minute burst 5 packets drop");

        var explanation = Explain("80", "-4");

        Assert.Contains(
            "others get through up to later packets: an exchange takes 3 to 21 packets past", explanation.Headline,
            StringComparison.Ordinal);
        Assert.DoesNotContain("cannot be evaluated", explanation.Headline, StringComparison.Ordinal);
    }

    // A client that sends its SYN again gets past a limit within which packets are dropped (-m limit … -j DROP, a common mistake).
    [Theory]
    [InlineData("policy accept; tcp dport 80 limit rate 2/hour burst 1 packets drop", "unknown", "exchanged")]
    [InlineData("policy accept; tcp dport 80 limit rate 1000/second drop", "unreachable", "times-out")]
    [InlineData("policy accept; tcp dport 80 limit rate 2/hour burst 1 packets reject with tcp reset", "unreachable", "refused")]
    public async Task What_a_limit_drops_comes_again(string rules, string verdict, string seen)
    {
        Pair.Target.ServeTcp(80);
        Load(rules);

        Assert.Equal((verdict, seen), (Explain("80", "-4").Verdict, await Exchange()));
    }

    // A dropped SYN that puts its sender on a list which lets the next one in.
    [Theory]
    [InlineData("nft", "ip saddr @b accept; tcp dport 80 ct state new add @b { ip saddr } drop", "unknown", "exchanged")]
    [InlineData("nft", "tcp dport 80 ct state new add @b { ip saddr } drop", "unreachable", "times-out")]
    [InlineData("nft", "ip saddr @b drop; tcp dport 80 ct state new add @b { ip saddr } drop", "unreachable", "times-out")]
    [InlineData("nft", "ip saddr @b drop; tcp dport 80 ct state new add @b { ip saddr } accept; accept", "unreachable", "connects")]
    [InlineData("iptables", "--rcheck -j ACCEPT;--set -j DROP", "unknown", "exchanged")]
    [InlineData("iptables", "--rcheck -j DROP;--set -j DROP", "unreachable", "times-out")]
    public async Task A_list_that_the_dropped_packet_is_put_on(string tool, string rules, string verdict, string seen)
    {
        Pair.Target.ServeTcp(80);
        if (tool == "nft")
        {
            Pair.Target.Nft(
                $$"""
                table inet fw {
                  set b { type ipv4_addr; flags dynamic,timeout; timeout 1m; }
                  chain input { type filter hook input priority 0; policy drop; {{rules}}; }
                }
                """);
        }
        else
        {
            Pair.Target.Tool("bash", null, "-c", string.Join(
                ';', rules.Split(';').Select(static r => $"iptables -A INPUT -p tcp --dport 80 -m recent --name x {r}")));
        }

        Assert.Equal((verdict, seen), (Explain("80", "-4").Verdict, await Exchange()));
    }

    private Task<string> Exchange() =>
        Attempt.Exchange(Pair.Scanner, Server, 80, null, Patience, TestContext.Current.CancellationToken);

    private void Load(string rules) => Pair.Target.Nft($$"""
        table inet fw {
          limit two { rate 1/hour burst 2 packets; }
          chain input { type filter hook input priority 0; {{rules}}; }
        }
        """);

    private string Row(int port)
    {
        var (_, output, error) = LabConsole.Run(Pair.Target, "--json");
        Assert.True(output.Length > 0, error);
        using var document = System.Text.Json.JsonDocument.Parse(output);
        var rows = document.RootElement.GetProperty("ports").EnumerateArray();
        return rows.First(r => r.GetProperty("port").GetInt32() == port).GetProperty("exposure").GetString()!;
    }
}
