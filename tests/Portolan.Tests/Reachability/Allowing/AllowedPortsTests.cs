using Portolan.Firewall.Host;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Model;
using Portolan.Reachability.Allowing;
using Portolan.Reachability.Charting;
using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;
using Portolan.Tests.Firewall.Judging;
using Portolan.Tests.Support;

namespace Portolan.Tests.Reachability.Allowing;

/// <summary>What the firewall allows on every port at once. Against rules that nft makes: the tests of the kernel.</summary>
public sealed class AllowedPortsTests
{
    private static readonly PortBind[] Everywhere =
        [new(InternetAddress.AnyIPv4, false, 0), new(InternetAddress.AnyIPv6, false, 0)];

    // The host has no address of IPv6: all ports are alike.
    private const int WithoutIPv6 = 1;

    private readonly CancellationToken _stop = TestContext.Current.CancellationToken;
    private readonly SteppedTime _clock = new();

    [Trait("Quick", "no")]
    [Fact]
    public void Any_bytecode_is_answered_as_port_by_port() => Fuzz.Run(300, (random, seed) =>
    {
        var reading = new FirewallReading(PortBytecode.Rules(random), JudgedHost.Make());
        Assert.True(NamespaceJudge.TryCreate(reading, Judge, out var judge));
        var allowed = All(reading, TransportProtocol.Tcp);
        Assert.Equal(AllowedState.Known, allowed.State);
        var ports = allowed.Ranges.Take(20).SelectMany(static r => (int[])[r.Ports.First.Value, r.Ports.Last.Value])
            .Concat(PortBytecode.Ports.SelectMany(static port => (int[])[port - 1, port, port + 1]))
            .Append(random.Next(1, 65_536)).Where(static port => port is >= 1 and <= 65_535).Distinct();
        foreach (var port in ports.Select(static port => new PortNumber((ushort)port)))
        {
            var (exposure, verdict) = PortSummary.Of(judge.Reach(Everywhere, TransportProtocol.Tcp, port, _stop));
            var range = allowed.Ranges.First(r => r.Ports.Contains(port));
            Assert.Equal($"{seed} {port} {Text(exposure, verdict)}", $"{seed} {port} {Text(range.Exposure, range.Verdict)}");
        }
    });

    [Fact]
    public void A_set_of_ports_costs_one_judgement_for_those_in_it_and_one_for_the_rest()
    {
        var ports = Enumerable.Range(0, 1000).Select(static i => (ushort)(7 + (i * 60))).ToList();
        var allowed = All(new FirewallReading(PortBytecode.SetOf(ports), JudgedHost.Make()), TransportProtocol.Tcp);

        Assert.Equal(2 + WithoutIPv6, allowed.Judged);
        Assert.Equal(2001, allowed.Ranges.Count);
        Assert.Equal(
            ports, allowed.Ranges.Where(static r => r.Verdict.Decision == FirewallDecision.Allow).Select(static r => r.Ports.First.Value));
        Assert.Equal(65_535, allowed.Ranges.Sum(static r => r.Ports.Count));
    }

    [Fact]
    public void Rules_that_do_the_same_cost_one_judgement_and_each_is_named()
    {
        var ports = Enumerable.Range(0, 1000).Select(static i => (ushort)(7 + (i * 60))).ToList();
        var allowed = All(new FirewallReading(PortBytecode.RuleForEach(ports), JudgedHost.Make()), TransportProtocol.Tcp);

        Assert.Equal(2 + WithoutIPv6, allowed.Judged);
        Assert.Equal(
            ports.Select(static port => (port, (string?)$"inet filter c handle {port}")),
            allowed.Ranges.Where(static r => r.Verdict.Decision == FirewallDecision.Allow).Select(
                static r => (r.Ports.First.Value, r.Verdict.Rule)));
    }

    [Fact]
    public void Ports_that_alternate_within_a_range_cost_two_judgements()
    {
        var allowed = All(new FirewallReading(PortBytecode.EvenPortsFrom(1000), JudgedHost.Make()), TransportProtocol.Tcp);

        Assert.Equal(64_536 + 90 + 91, allowed.Ranges.Count);
        Assert.InRange(allowed.Judged, 4, 200);
    }

    [Fact]
    public void Rules_that_may_not_be_read_are_not_read_and_no_failure()
    {
        var allowed = All(FirewallReading.Unread(FirewallReading.NotAsked, lacksPrivilege: true), TransportProtocol.Udp);

        Assert.Equal(AllowedState.NotRead, allowed.State);
        Assert.Empty(allowed.Ranges);
        Assert.Equal(MissingFactCode.RulesNotAsked, allowed.Missing!.Code);
    }

    [Fact]
    public void What_takes_longer_than_it_may_is_not_known_and_says_why()
    {
        using var time = new EvaluationBudget(TimeSpan.FromSeconds(5), _clock, _stop);
        var allowed = AllowedPorts.Of(Reading(1), TransportProtocol.Tcp, Slow, time);

        Assert.Equal(AllowedState.NotInTime, allowed.State);
        Assert.Equal(MissingFactCode.AllowedPortsNotInTime, allowed.Missing!.Code);
        Assert.StartsWith("not judged within 5s", allowed.Missing.Why, StringComparison.Ordinal);
    }

    [Fact]
    public void Who_stops_everything_gets_no_answer()
    {
        using var source = CancellationTokenSource.CreateLinkedTokenSource(_stop);
        using var time = new EvaluationBudget(null, _clock, source.Token);
        source.Cancel();
        Assert.Throws<OperationCanceledException>(() => AllowedPorts.Of(Reading(1), TransportProtocol.Tcp, Judge, time));
    }

    [Fact]
    public void What_did_not_change_is_not_judged_again()
    {
        var made = 0;
        var cache = new AllowedPortsCache((rules, host) =>
        {
            made++;
            return Judge(rules, host);
        });
        using var time = new EvaluationBudget(null, _clock, _stop);
        var first = cache.Of(Reading(1), TransportProtocol.Tcp, time);
        Assert.Same(first, cache.Of(Reading(1), TransportProtocol.Tcp, time));
        Assert.Equal(1, made);

        Assert.NotSame(first, cache.Of(Reading(2), TransportProtocol.Tcp, time));
        Assert.Equal(2, made);
        cache.Of(Reading(2), TransportProtocol.Udp, time);
        Assert.Equal(3, made);
    }

    [Theory]
    [MemberData(nameof(ReadingChanges.All), MemberType = typeof(ReadingChanges))]
    public void What_may_change_a_verdict_is_judged_again(string change)
    {
        var cache = new AllowedPortsCache(Judge);
        using var time = new EvaluationBudget(null, _clock, _stop);
        var (before, after) = ReadingChanges.Of(change);
        Assert.NotSame(cache.Of(before, TransportProtocol.Tcp, time), cache.Of(after, TransportProtocol.Tcp, time));
    }

    private static FirewallReading Reading(uint generation) =>
        new(PortBytecode.SetOf([80, 443]) with { Generation = generation }, JudgedHost.Make());

    private AllowedPorts All(FirewallReading reading, TransportProtocol protocol)
    {
        using var time = new EvaluationBudget(null, _clock, _stop);
        return AllowedPorts.Of(reading, protocol, Judge, time);
    }

    private static Judgement Judge(Ruleset rules, HostFacts host) => new FlowJudge(rules, host).Judge;

    private Judgement Slow(Ruleset rules, HostFacts host)
    {
        var judge = new FlowJudge(rules, host);
        return (query, token) =>
        {
            _clock.Advance(TimeSpan.FromSeconds(3));
            return judge.Judge(query, token);
        };
    }

    private static string Text(PortExposure exposure, PortVerdict verdict) => string.Join(
        " | ", exposure, verdict.Decision, verdict.Proof, verdict.Rule, verdict.Summary, verdict.Limit, verdict.PartlyHow,
        string.Join(',', verdict.From), string.Join(',', verdict.Partly), string.Join(',', verdict.Undecided),
        string.Join(',', verdict.Exceptions));
}
