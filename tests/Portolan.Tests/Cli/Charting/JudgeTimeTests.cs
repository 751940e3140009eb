using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Reachability.Judging;
using Portolan.Tests.Firewall.Judging;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli.Charting;

/// <summary>Judging that takes too long leaves ports unknown, with the reason; all else is there.</summary>
public sealed class JudgeTimeTests
{
    [Fact]
    public void The_chart_is_drawn_with_what_was_judged_in_time()
    {
        using var machine = new MachineConsole(Machine(), judge: Endless);

        Assert.Equal(0, machine.Run("--judge-time", "1ms"));

        Assert.Contains(
            "80/tcp  *     web 5 1000 /srv/app  web      not judged in time     0  0/0", machine.Output, StringComparison.Ordinal);
        Assert.Contains("25/tcp  lo    web 5 1000 /srv/app  web      -", machine.Output, StringComparison.Ordinal);
        Assert.Contains(
            "who can reach some ports, neighbour discovery: not judged within 1ms: --judge-time 0 lets it take as long as it needs",
            machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_says_that_it_is_not_complete_and_why()
    {
        using var machine = new MachineConsole(Machine(), judge: Endless);

        Assert.Equal(0, machine.Run("--json", "--judge-time", "1ms"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.False(document.GetProperty("complete").GetBoolean());
        Assert.Equal(
            ["unknown", "local"], document.GetProperty("ports").EnumerateArray().Select(static p => p.GetProperty("exposure").GetString()));
        Assert.Equal("not judged in time", document.GetProperty("ports")[0].GetProperty("verdict").GetProperty("summary").GetString());
        Assert.Contains(
            document.GetProperty("missing").EnumerateArray(), static m => m.GetProperty("what").GetString() == "who can reach some ports");
    }

    [Fact]
    public void Explain_says_what_it_knows_besides()
    {
        using var machine = new MachineConsole(Machine(), judge: Endless);

        Assert.Equal(3, machine.Run("explain", "80", "--judge-time", "1ms"));

        Assert.StartsWith("UNKNOWN – rules and routes were not judged within 1ms.", machine.Output, StringComparison.Ordinal);
        Assert.Contains("web (5)", machine.Output, StringComparison.Ordinal);
        Assert.Contains("portolan explain 80 --judge-time 0", machine.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void Without_a_limit_it_takes_as_long_as_it_needs()
    {
        using var machine = new MachineConsole(Machine(), judge: Real);

        Assert.Equal(0, machine.Run("--judge-time", "0"));

        Assert.Contains("allow, no rule", machine.Output, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("x")]
    [InlineData("-1s")]
    public void A_time_that_is_none_is_refused(string time)
    {
        using var machine = new MachineConsole(Machine());

        Assert.Equal(2, machine.Run($"--judge-time={time}"));

        Assert.Contains("--judge-time takes a time such as 500ms, 10s or 2m, or 0 for no limit", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void A_network_namespace_is_drawn_before_the_next_is_looked_at()
    {
        using var machine = new MachineConsole(
            Machine().Listen("0.0.0.0:81", 5).InNamespace("blue").Listen("0.0.0.0:82", 5).InNamespace("green"), judge: Real);
        var seen = new List<string>();
        machine.Console.ReadFirewallOf = (_, _) =>
        {
            seen.Add(machine.Output);
            return new FirewallReading(Ruleset.Empty, JudgedHost.Make());
        };

        Assert.Equal(0, machine.Run("--all-namespaces"));

        Assert.Equal(2, seen.Count);
        Assert.Contains("80/tcp", seen[0], StringComparison.Ordinal);
        Assert.DoesNotContain("81/tcp", seen[0], StringComparison.Ordinal);
        Assert.Contains("81/tcp", seen[1], StringComparison.Ordinal);
        Assert.DoesNotContain("82/tcp", seen[1], StringComparison.Ordinal);
        Assert.Contains("82/tcp", machine.Output, StringComparison.Ordinal);
    }

    private static MachineBuilder Machine() => new MachineBuilder().Process(5, "web").Listen("0.0.0.0:80", 5).Listen("127.0.0.1:25", 5);

    // Judges until it is stopped.
    private static FlowAnswer Endless(FlowQuery query, CancellationToken cancellationToken)
    {
        cancellationToken.WaitHandle.WaitOne();
        cancellationToken.ThrowIfCancellationRequested();
        return new FlowAnswer([]);
    }

    private static FlowAnswer Real(FlowQuery query, CancellationToken cancellationToken) =>
        new FlowJudge(Ruleset.Empty, JudgedHost.Make()).Judge(query, cancellationToken);
}
