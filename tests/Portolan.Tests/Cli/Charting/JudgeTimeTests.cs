using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Linux.Scratch;
using Portolan.Model;
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
            "who can reach some ports, neighbour discovery: not judged within 1ms: --judge-time 0 removes the limit",
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

        Assert.Contains("--judge-time takes a time up to 3650d, e.g. 500ms, 30s", machine.Error, StringComparison.Ordinal);
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

    /// <summary>One with rules that take for ever left all behind it unjudged.</summary>
    [Fact]
    public void A_namespace_that_takes_for_ever_leaves_the_others_their_share()
    {
        var clock = new SteppedTime();
        using var machine = Namespaces(clock, TimeSpan.FromHours(1));

        Assert.Equal(0, machine.Run("--all-namespaces"));

        Assert.Equal(["82", "83", "81"], Order(machine));
        Assert.Matches("82/tcp.* allow, no rule", machine.Output);
        Assert.Matches("83/tcp.* allow, no rule", machine.Output);
        Assert.Matches("81/tcp.* not judged in time", machine.Output);
        Assert.Contains("who can reach some ports: not judged within 20s", machine.Error, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(22), $"{clock.Elapsed}");
    }

    [Fact]
    public void One_that_needs_more_has_what_the_others_leave()
    {
        using var machine = Namespaces(new SteppedTime(), TimeSpan.FromSeconds(5));

        Assert.Equal(0, machine.Run("--all-namespaces"));

        Assert.Equal(["82", "83", "81"], Order(machine));
        Assert.Matches("81/tcp.* allow, no rule", machine.Output);
        Assert.DoesNotContain("not judged", machine.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void The_document_of_all_namespaces_is_whole_and_in_order_though_one_comes_late()
    {
        using var machine = Namespaces(new SteppedTime(), TimeSpan.FromHours(1));

        Assert.Equal(0, machine.Run("--all-namespaces", "--json"));

        var document = JsonSchema.AssertValid(machine.Console.Output);
        Assert.Equal(
            ["80", "25", "81", "82", "83"], document.GetProperty("ports").EnumerateArray().Select(static p => $"{p.GetProperty("port")}"));
        Assert.Equal(
            ["reachable", "local", "unknown", "reachable", "reachable"],
            document.GetProperty("ports").EnumerateArray().Select(static p => p.GetProperty("exposure").GetString()));
    }

    /// <summary>The search had a time of its own, in the middle of the verdict's: when that ended, the verdict was lost.</summary>
    [Fact]
    public void A_verdict_stands_though_the_search_for_a_fix_takes_the_rest_of_the_time()
    {
        var clock = new SteppedTime();
        using var machine = new MachineConsole(
            Machine(), judge: Slow(clock, TimeSpan.FromSeconds(9), Dropping), rules: Dropping, clock: clock);

        Assert.Equal(1, machine.Run("explain", "80", "--from", "198.18.0.9"));

        Assert.StartsWith("NO – packets are dropped", machine.Output, StringComparison.Ordinal);
        Assert.Contains("no fix found within", machine.Output, StringComparison.Ordinal);
        Assert.Contains("--judge-time 1m allows more", machine.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("not judged", machine.Error, StringComparison.Ordinal);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(30), $"{clock.Elapsed}");
    }

    [Fact]
    public void Asking_the_kernel_has_the_same_time_again_and_says_when_that_was_too_short()
    {
        var clock = new SteppedTime();
        using var machine = new MachineConsole(Machine(), judge: Real, clock: clock);
        machine.Console.OpenScratch = () =>
        {
            clock.Advance(TimeSpan.FromSeconds(21));
            return new ScratchProgram("/nonexistent", []);
        };

        Assert.Equal(0, machine.Run("explain", "80", "--prove"));

        Assert.StartsWith("YES – anyone can connect", machine.Output, StringComparison.Ordinal);
        Assert.Contains(
            "the kernel gave no answer within 20s; --judge-time 0 removes the limit",
            string.Join(' ', machine.Output.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)), StringComparison.Ordinal);
    }

    [Fact]
    public void The_verdict_over_one_family_stands_though_the_other_comes_too_late()
    {
        var clock = new SteppedTime();
        var host = JudgedHost.Make();
        using var machine = new MachineConsole(
            new MachineBuilder().Process(5, "web").Listen("[::]:80", 5), judge: Slow(clock, TimeSpan.FromSeconds(15), Ruleset.Empty),
            clock: clock, host: host with { Addresses = [.. host.Addresses, new HostAddress(2, OwnIPv6, 64)] });

        Assert.Equal(3, machine.Run("explain", "80"));

        Assert.Contains("IPv4: yes, anyone can connect", machine.Output, StringComparison.Ordinal);
        Assert.Contains("IPv6: not known, rules and routes were not judged within 20s", machine.Output, StringComparison.Ordinal);
    }

    private static InternetAddress OwnIPv6 { get; } = InternetAddress.FromNumber(((UInt128)0x2001_0db8 << 96) | 2, isIPv4: false);

    private static Ruleset Dropping { get; } = new(1,
    [
        new RuleTable(RuleFamily.Ip, "t", 1)
        {
            Chains =
            [
                new RuleChain(RuleFamily.Ip, "t", "in", 1) { Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Drop, []) },
            ],
        },
    ]);

    // Each question takes a while, and looks now and then whether it is to go on.
    private static Judgement Slow(SteppedTime clock, TimeSpan each, Ruleset rules) => (query, cancellationToken) =>
    {
        for (var gone = TimeSpan.Zero; gone < each; gone += TimeSpan.FromSeconds(1))
        {
            clock.Advance(TimeSpan.FromSeconds(1));
            cancellationToken.ThrowIfCancellationRequested();
        }

        return new FlowJudge(rules, JudgedHost.Make()).Judge(query, cancellationToken);
    };

    // Of three namespaces the first takes its time.
    private static MachineConsole Namespaces(SteppedTime clock, TimeSpan slow)
    {
        var hosts = new List<HostFacts>();
        var machine = new MachineConsole(
            Machine().Listen("0.0.0.0:81", 5).InNamespace("blue").Listen("0.0.0.0:82", 5).InNamespace("green").Listen("0.0.0.0:83", 5)
                .InNamespace("red"),
            judgeOf: host => hosts.Count > 0 && ReferenceEquals(hosts[0], host) ? Slow(clock, slow, Ruleset.Empty) : Real, clock: clock);
        machine.Console.ReadFirewallOf = (_, _) =>
        {
            hosts.Add(JudgedHost.Make());
            return new FirewallReading(Ruleset.Empty, hosts[^1]);
        };
        return machine;
    }

    private static IEnumerable<string> Order(MachineConsole machine) =>
        machine.Output.Split('\n').Select(static l => l.Split('/')[0].Trim()).Where(static p => p is "81" or "82" or "83");

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
