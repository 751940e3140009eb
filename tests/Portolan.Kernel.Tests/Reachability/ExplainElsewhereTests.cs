namespace Portolan.Kernel.Tests.Reachability;

/// <summary>The kernel's own word, and ports of other machines asked about from here.</summary>
public sealed class ExplainElsewhereTests : ExplainLab
{
    [Theory]
    [InlineData("", "reachable")]
    [InlineData(Filter, "unreachable")]
    [InlineData("table inet fw { chain output { type filter hook output priority 0; tcp sport 8080 drop; }; }", "unreachable")]
    public void The_kernel_itself_confirms_the_verdict_when_it_is_asked(string rules, string verdict)
    {
        Pair.Target.ListenTcp(8080);
        if (rules.Length > 0)
        {
            Pair.Target.Nft(rules);
        }

        var explanation = Explain("8080", "--from", Client, "--prove");

        Assert.Equal(verdict, explanation.Verdict);
        Assert.Contains("as predicted", explanation.Steps, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(
        "table inet fw { chain output { type filter hook output priority 0; tcp dport 8080 drop; }; }", "", "firewall", "unreachable")]
    [InlineData(
        "table inet fw { chain output { type filter hook output priority 0; tcp dport 8080 reject; }; }", "", "firewall", "unreachable")]
    [InlineData("", "route add unreachable 198.18.0.1/32", "route out", "unreachable")]
    [InlineData("", "", "", "depends")]
    public void Another_machines_port_is_asked_about_from_here(string rules, string route, string failed, string verdict)
    {
        Pair.Scanner.ListenTcp(8080);
        if (rules.Length > 0)
        {
            Pair.Target.Nft(rules);
        }

        if (route.Length > 0)
        {
            Pair.Target.Ip(route);
        }

        var explanation = Explain($"{Client}:8080");

        Assert.Equal((verdict, failed), (explanation.Verdict, explanation.Failed));
        if (explanation.Symptom is { } symptom)
        {
            Assert.Equal(Attempt.Connect(Pair.Target, Client, 8080), symptom);
        }
    }
}
