namespace Portolan.Kernel.Tests.Reachability;

/// <summary>Policies of IPsec are not judged: they are listed, and what they may stop is not called proved.</summary>
public sealed class ExplainIpsecTests : ExplainLab
{
    [Theory]
    [InlineData("policy add dir in src 0.0.0.0/0 dst 0.0.0.0/0 action block", "dir in src 0.0.0.0/0 dst 0.0.0.0/0 action block")]
    [InlineData(
        "policy add dir in src 198.18.0.0/24 dst 198.18.0.2/32 proto tcp dport 8080 tmpl proto esp mode transport",
        "dir in src 198.18.0.0/24 dst 198.18.0.2/32 with IPsec only")]
    [InlineData("policy add dir out src 0.0.0.0/0 dst 198.18.0.1/32 action block", "dir out src 0.0.0.0/0 dst 198.18.0.1/32 action block")]
    [InlineData("policy setdefault in block", "default for in is block")]
    public void A_policy_that_may_stop_it_takes_the_proof_away(string policy, string said)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Tool("ip", null, ["xfrm", .. policy.Split(' ')]);

        var explanation = Explain("8080", "--from", Client);
        var (_, chart, _) = LabConsole.Run(Pair.Target);

        Assert.Equal(("depends", "times-out"), (explanation.Verdict, Connect(8080)));
        Assert.Contains($"present: IPsec policies ({said}", explanation.Steps, StringComparison.Ordinal);
        Assert.Contains(
            "(not proved)", chart.Split('\n').Single(l => l.StartsWith("8080/tcp", StringComparison.Ordinal)), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("policy add dir in src 203.0.113.0/24 dst 0.0.0.0/0 action block")]
    [InlineData("policy add dir in src 0.0.0.0/0 dst 0.0.0.0/0 proto tcp dport 22 action block")]
    [InlineData("policy add dir in src 0.0.0.0/0 dst 0.0.0.0/0 action allow")]
    [InlineData("policy add dir fwd src 0.0.0.0/0 dst 0.0.0.0/0 action block")]
    public void A_policy_about_other_packets_does_not(string policy)
    {
        Pair.Target.ListenTcp(8080);
        Pair.Target.Tool("ip", null, ["xfrm", .. policy.Split(' ')]);

        AssertSame(Explain("8080", "--from", Client), Connect(8080), verdict: "reachable", failed: "");
    }

    [Fact]
    public void Without_policies_they_are_said_to_be_absent() =>
        Assert.Matches("none: .*IPsec policies", LabConsole.Run(Pair.Target, "explain", "8080", "--from", Client).Output);
}
