using System.Net;

namespace Portolan.Kernel.Tests.Reachability;

/// <summary>
/// What <c>explain</c> advises is enough and not more: pasted it works, it touches nothing but what was asked about, and what is no command
/// is a comment.
/// </summary>
public sealed class ExplainAdviceTests : ExplainLab
{
    [Theory]
    [InlineData("chain i { type filter hook input priority 0; policy drop; }")]
    [InlineData(
        "chain i { type filter hook input priority 0; policy drop; }; chain o { type filter hook output priority 0; policy drop; }")]
    public void Pasted_for_IPv6_it_lets_neighbour_discovery_through_too(string chains)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ {chains}; }}");

        LabConsole.Paste(Pair.Target, Explain("8080", "--from", "2001:db8::1"));
        Pair.Target.Ip("neigh flush dev eth0");
        Pair.Scanner.Ip("neigh flush dev scan0");

        Assert.Equal("connects", Connect(8080, "2001:db8::2"));
        Assert.Equal("reachable", Explain("8080", "--from", "2001:db8::1").Verdict);
    }

    [Theory]
    [InlineData(
        "chain i { type filter hook input priority 0; policy drop; tcp dport 8080 accept; icmpv6 type nd-neighbor-advert accept; }",
        "fw i")]
    [InlineData(
        "chain o { type filter hook output priority 0; policy drop; tcp sport 8080 accept; icmpv6 type nd-neighbor-solicit accept; }",
        "fw o")]
    public void A_rule_that_drops_neighbour_discovery_in_or_out_is_named(string chains, string named)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ {chains}; }}");

        var explanation = Explain("8080", "-6");

        Assert.Equal(("depends", "neighbours"), (explanation.Verdict, explanation.Failed));
        Assert.Contains(named, explanation.Steps, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("chain i { type filter hook input priority 0; policy drop; tcp dport 8080 accept; icmpv6 type { nd-neighbor-solicit, "
        + "nd-neighbor-advert } ip6 hoplimit 255 accept; }; chain o { type filter hook output priority 0; policy drop; tcp sport 8080 "
        + "accept; icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }")]
    [InlineData("chain i { type filter hook input priority 0; ip6 saddr fe80::bad drop; }")]
    public void Neighbour_discovery_that_gets_through_is_no_matter(string chains)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft($"table inet fw {{ {chains}; }}");

        Assert.Equal("reachable", Explain("8080", "--from", "2001:db8::1").Verdict);
    }

    [Theory]
    [InlineData("8080", "--from", Client)]
    [InlineData("8080", "--from", "2001:db8::1")]
    [InlineData("8080", "-6")]
    public void A_file_of_rules_is_mended_in_the_file_alone(params string[] question)
    {
        Pair.Target.ListenTcp(8080);
        var folder = Directory.CreateTempSubdirectory("portolan rules ");
        var file = Path.Combine(folder.FullName, "-new.nft");
        File.WriteAllText(file, "table inet fw { chain i { type filter hook input priority 0; policy drop; }; }");
        try
        {
            var explanation = Explain([.. question, "--rules", file]);
            Assert.All(explanation.Fixes, f => Assert.DoesNotContain("sudo", f, StringComparison.Ordinal));
            LabConsole.Paste(Pair.Target, explanation);

            Assert.Equal("reachable", Explain([.. question, "--rules", file]).Verdict);
        }
        finally
        {
            folder.Delete(recursive: true);
        }
    }

    [Fact]
    public void A_translation_of_a_file_of_rules_is_not_taken_out_of_the_kernel()
    {
        var file = Path.GetTempFileName();
        File.WriteAllText(
            file, "table inet fw { chain n { type nat hook prerouting priority dstnat; tcp dport 8080 redirect to :8099; }; }");
        try
        {
            var explanation = Explain("8080", "--rules", file);

            Assert.NotEmpty(explanation.Fixes);
            Assert.All(explanation.Fixes, static f => Assert.StartsWith("#", f, StringComparison.Ordinal));
        }
        finally
        {
            File.Delete(file);
        }
    }

    [Fact]
    public void What_is_dropped_for_a_few_is_opened_to_those_few()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft(
            "table inet fw { chain i { type filter hook input priority 0; ip saddr { 198.18.0.1, 198.18.0.64/30 } tcp dport 8080 drop; }; "
                + "}");
        Assert.Equal("times-out", Connect(8080));

        var explanation = Explain("8080", "-4");
        Assert.Equal(["198.18.0.1", "198.18.0.64/30"], explanation.Fixes.Select(static f => f.Split("ip saddr ")[1].Split(' ')[0]));
        LabConsole.Paste(Pair.Target, explanation);

        Assert.Equal("connects", Connect(8080));
        Assert.Equal("reachable", Explain("8080", "-4").Verdict);
    }

    [Fact]
    public void The_nearest_rule_is_named_with_the_source_port_it_asks_for()
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Nft(
            "table inet fw { chain i { type filter hook input priority 0; policy drop; tcp sport 53 tcp dport 8080 accept; }; }");

        var explanation = Explain("8080", "--from", Client);

        Assert.Contains("accepts 8080 only from source port 53", explanation.More, StringComparison.Ordinal);
    }

    [Fact]
    public void What_a_person_is_to_do_is_a_comment_among_commands()
    {
        Listen(IPAddress.Loopback, 8080);
        Listen(IPAddress.Parse(Server), 8090);

        foreach (var explanation in (LabExplanation[])[Explain("8080"), Explain("8090", "-6"), Explain("8097")])
        {
            Assert.NotEmpty(explanation.Fixes);
            Assert.All(explanation.Fixes, static f => Assert.StartsWith("# ", f, StringComparison.Ordinal));
        }
    }
}
