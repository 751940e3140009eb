using System.Text;
using Portolan.Firewall.Host;
using Portolan.Firewall.Host.Routing;
using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Model;
using Portolan.Reachability.Judging;
using Portolan.Reachability.Sources;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>
/// Interfaces are judged together, and fare as each would by itself; the work grows with what rules and routes tell apart.
/// </summary>
[Trait("Quick", "no")]
public sealed class ManyInterfacesTests
{
    private static readonly Register First = new(0);

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(4)]
    public void Interfaces_judged_together_fare_as_each_does_alone(int part)
    {
        for (var seed = part * 1000; seed < (part * 1000) + 12; seed++)
        {
            var host = RandomHost.Make(seed);
            var rules = Rules(seed);
            foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
            {
                Compare(host, rules, isIPv4, seed, asked: null);
                Compare(host, rules, isIPv4, seed, RandomHost.Destinations(new Random(seed), host, isIPv4));
            }
        }
    }

    private static void Compare(HostFacts host, Ruleset rules, bool isIPv4, int seed, IntervalSet? asked)
    {
        var query = new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = isIPv4,
            Protocol = 6,
            DestinationPort = 80,
            Destinations = asked,
        };
        var together = new FlowJudge(rules, host).Judge(query, TestContext.Current.CancellationToken);
        var random = new Random(seed);
        var own =
            host.Addresses.Where(a => a.Address.IsIPv4 == isIPv4 && !a.Address.IsLoopback).Select(static a => a.Address.Number).ToList();
        var targets = asked is null ? own : [.. asked.Intervals.ToArray().Select(static i => i.First)];
        foreach (var device in host.Interfaces.Where(i => i is { IsUp: true, IsLoopback: false } && targets.Count > 0))
        {
            var alone = new FlowJudge(rules, host).Judge(query with { Interfaces = [device.Index] }, TestContext.Current.CancellationToken);
            for (var i = 0; i < 40; i++)
            {
                var (from, to) = (RandomHost.Sender(random, isIPv4), targets[random.Next(targets.Count)]);
                Assert.True(
                    Fate(alone, from, to, device.Index) == Fate(together, from, to, device.Index),
                    $"seed {seed}: from {InternetAddress.FromNumber(from, isIPv4)} to {InternetAddress.FromNumber(to, isIPv4)} by "
                        + $"{device.Name}: alone "
                        + $"{Fate(alone, from, to, device.Index)}, together {Fate(together, from, to, device.Index)}");
            }
        }
    }

    private static string Fate(FlowAnswer answer, UInt128 from, UInt128 to, int index) => string.Join(" | ", answer.Regions
        .Where(r => r.Packets.Sources.Contains(from) && r.Packets.Destinations.Contains(to) && r.Packets.Interfaces.Contains(index))
        .Select(static r => Words(r.Outcome)).Distinct().Order(StringComparer.Ordinal));

    private static string Words(FlowOutcome? outcome) => outcome is null ? "-"
        : $"{outcome.Decision} {outcome.Proof} {outcome.Delivery} {outcome.RouteProblem} out {outcome.OutputInterface}, "
            + $"{string.Join(';', outcome.Questions.Select(static q => q.Why).Distinct().Order(StringComparer.Ordinal))} replies "
            + $"({Words(outcome.Replies)}) then ({Words(outcome.Following)})";

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void Routing_tells_interfaces_apart_only_where_they_differ(int filter)
    {
        var (few, many) = (RandomHost.Alike(10, filter), RandomHost.Alike(200, filter));
        Assert.Equal(Pieces(few), Pieces(many));
    }

    private static int Pieces(HostFacts host)
    {
        var cables = IntervalSet.Of(2, (uint)host.Interfaces.Count);
        var own = IntervalSet.From(
            host.Addresses.Where(static a => a.Address is { IsIPv4: true, IsLoopback: false }).Select(
                static a => new Interval(a.Address.Number, a.Address.Number)));
        return new InputRouting(new RouteMap(host)).Route(true, IntervalSet.All(32), own, cables, 0).Count;
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    public void An_answer_has_no_more_regions_than_interfaces_with_addresses_of_their_own(int filter)
    {
        const int Cables = 200;
        var judge = new FlowJudge(Ruleset.Empty, RandomHost.Alike(Cables, filter));
        foreach (var isIPv4 in (ReadOnlySpan<bool>)[true, false])
        {
            var regions = judge.Judge(Query(isIPv4), TestContext.Current.CancellationToken).Regions.Count;
            Assert.True(regions <= (isIPv4 && filter != 1 ? 8 : (2 * Cables) + 8), $"{regions} regions");
        }
    }

    /// <summary>Bytes allocated are a count of the work, and do not hang on how busy the machine is.</summary>
    [Theory]
    [InlineData(0, true)]
    [InlineData(1, true)]
    [InlineData(0, false)]
    public void Four_times_the_interfaces_are_not_sixty_four_times_the_work(int filter, bool isIPv4)
    {
        Work(20, filter, isIPv4); // what is made once
        var (few, many) = (Work(50, filter, isIPv4), Work(200, filter, isIPv4));
        Assert.True(many < few * 16, $"{few} bytes for 50 interfaces, {many} for 200");
    }

    private static long Work(int cables, int filter, bool isIPv4)
    {
        var host = RandomHost.Alike(cables, filter);
        var (judge, likely) = (new FlowJudge(Ruleset.Empty, host), new LikelySources(new RouteMap(host)));
        var before = GC.GetAllocatedBytesForCurrentThread();
        var reach = FamilyReach.Of(isIPv4, [judge.Judge(Query(isIPv4), TestContext.Current.CancellationToken)], likely);
        Assert.False(reach.Accepted.IsEmpty);
        return GC.GetAllocatedBytesForCurrentThread() - before;
    }

    /// <summary>A hundred ports behind a set of 100,000 banned addresses took a gigabyte.</summary>
    [Fact]
    public void The_senders_to_expect_of_a_large_set_share_its_memory()
    {
        var likely = new LikelySources(new RouteMap(RandomHost.Alike(2, 0)));
        var banned = IntervalSet.From(
            Enumerable.Range(0, 100_000).Select(
                static i => new Interval((UInt128)(0xCB00_0000u + (2 * i)), (UInt128)(0xCB00_0000u + (2 * i)))));
        var every = Enumerable.Range(0, 64).ToList();
        Assert.Equal(banned.Count, likely.Expected(banned, every, isIPv4: true).Count);
        var before = GC.GetAllocatedBytesForCurrentThread();
        var expected = likely.Expected(banned, every, isIPv4: true);
        var taken = GC.GetAllocatedBytesForCurrentThread() - before;
        Assert.Equal(banned, expected);
        Assert.True(taken < banned.Count, $"{taken} bytes for {banned.Count} addresses");
    }

    /// <summary>
    /// Each link has senders of its own, which differ in one network: what an answer holds grows with the links, not with their square.
    /// </summary>
    [Fact]
    public void Answers_share_the_senders_that_links_have_in_common()
    {
        var (few, many) = (Held(50), Held(400));
        Assert.True(many < few * 24, $"{few} intervals for 50 interfaces, {many} for 400");
    }

    private static int Held(int cables)
    {
        // Addresses of links lie apart: each is a hole of its own among the senders.
        var host = RandomHost.Alike(cables, 0, spread: 7);
        var answer = new FlowJudge(Ruleset.Empty, host).Judge(Query(isIPv4: false), TestContext.Current.CancellationToken);
        var reach = FamilyReach.Of(isIPv4: false, [answer], new LikelySources(new RouteMap(host)));
        var chunks = new HashSet<IntervalChunk>();
        foreach (var share in reach.Shares)
        {
            foreach (var set in (ReadOnlySpan<IntervalSet>)[share.Senders, share.Region.Packets.Sources])
            {
                chunks.UnionWith(set.Chunks.ToArray());
            }
        }

        return chunks.Sum(static c => c.Length);
    }

    /// <summary>A thousand states would be more than a chain follows ("too many cases to follow").</summary>
    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Rules_decide_about_packets_of_a_thousand_interfaces(bool isIPv4)
    {
        var judge = new FlowJudge(Rules(4), RandomHost.Alike(1000, 1));
        var regions = judge.Judge(Query(isIPv4), TestContext.Current.CancellationToken).Regions;
        Assert.All(regions, static r => Assert.Equal(FlowProof.Proved, r.Outcome.Proof));
        Assert.Contains(regions, static r => r.Outcome is { Decision: FlowDecision.Accept, Replies.Decision: FlowDecision.Accept });
    }

    /// <summary>A case for each interface would be more than a chain follows.</summary>
    [Theory]
    [InlineData(true, 200)]
    [InlineData(true, 1000)]
    [InlineData(false, 1000)]
    public void Redirected_packets_of_a_thousand_interfaces_are_judged(bool isIPv4, int cables)
    {
        byte[] port = [0x1f, 0x90, 0, 0];
        var redirect = Translating(new Rule(
            9, [new ImmediateExpression(new Register(1), port, null), new RedirectExpression(new Register(1), null, 2)]));
        var table = Rules(4).Tables[0];
        var rules = new Ruleset(1, [table with { Chains = [.. table.Chains, redirect] }]);
        var host = RandomHost.Alike(cables, 1);

        var plain = new FlowJudge(Rules(4), host).Judge(Query(isIPv4), TestContext.Current.CancellationToken).Regions;
        var regions = new FlowJudge(rules, host).Judge(Query(isIPv4), TestContext.Current.CancellationToken).Regions;

        Assert.All(regions, static r => Assert.Equal(FlowProof.Proved, r.Outcome.Proof));
        Assert.All(
            regions.Where(static r => r.Outcome.Decision == FlowDecision.Accept),
            static r => Assert.Equal<ushort?>(8080, r.Outcome.Translation?.Port));
        Assert.True(Answered(plain) > cables / 2);
        Assert.Equal(Answered(plain), Answered(regions));
    }

    private static int Answered(IEnumerable<FlowRegion> regions) => regions
        .Where(static r => r.Outcome is { Decision: FlowDecision.Accept, Replies.Decision: FlowDecision.Accept })
        .SelectMany(static r => r.Packets.Interfaces).Distinct().Count();

    private static RuleChain Translating(Rule rule) => Chain("nat", HookPoint.Prerouting, rule) with
    {
        Hook = new ChainHook(HookPoint.Prerouting, -100, "nat", VerdictKind.Accept, []),
    };

    /// <summary>
    /// A rule about one of the addresses that packets are redirected to cannot be evaluated: which one it is depends on the interface.
    /// </summary>
    [Fact]
    public void A_rule_about_one_of_very_many_new_addresses_is_said_to_be_unknown()
    {
        const string why = "redirect uses the first of the interface's addresses";
        var redirect = Translating(new Rule(9, [new RedirectExpression(null, null, 0)]));
        var rules = new Ruleset(
            1, [new RuleTable(
                RuleFamily.Inet, "t", 1) { Chains = [Chain("in", HookPoint.Input, Destination(1, 0xc6120000 + 1)), redirect] }]);

        var few = new FlowJudge(rules, RandomHost.Alike(200, 1)).Judge(Query(true), TestContext.Current.CancellationToken).Regions;
        var many = new FlowJudge(rules, RandomHost.Alike(1000, 1)).Judge(Query(true), TestContext.Current.CancellationToken).Regions;

        Assert.All(few, static r => Assert.Equal(FlowProof.Proved, r.Outcome.Proof));
        Assert.Contains(many, static r => r.Outcome.Proof != FlowProof.Proved && r.Outcome.Questions.Any(static q => q.Why == why));
    }

    private static FlowQuery Query(bool isIPv4) => new()
    {
        Direction = FlowDirection.Inbound,
        IsIPv4 = isIPv4,
        Protocol = 6,
        DestinationPort = 80,
    };

    // Rules by interface, in and out, and by sender; every fourth host has none.
    private static Ruleset Rules(int seed)
    {
        if (seed % 4 == 1)
        {
            return Ruleset.Empty;
        }

        var random = new Random(seed);
        return new Ruleset(1,
        [
            new RuleTable(RuleFamily.Inet, "t", 1)
            {
                Chains =
                [
                    Chain(
                        "in", HookPoint.Input, Rule(1, "iifname", $"v{2 + random.Next(4)}", VerdictKind.Drop),
                        Rule(2, "iifname", $"v{2 + random.Next(4)}", VerdictKind.Accept), Sender(3, (uint)random.Next(8))),
                    Chain("out", HookPoint.Output, Rule(4, "oifname", $"v{2 + random.Next(4)}", VerdictKind.Drop)),
                    Chain(
                        "post", HookPoint.Postrouting,
                        Rule(5, "oifname", $"v{2 + random.Next(4)}", seed % 4 == 2 ? VerdictKind.Drop : VerdictKind.Accept)),
                ],
            },
        ]);
    }

    private static RuleChain Chain(string name, HookPoint point, params Rule[] rules) => new(RuleFamily.Inet, "t", name, 1)
    {
        Hook = new ChainHook(point, 0, "filter", VerdictKind.Accept, []),
        Rules = rules,
    };

    private static Rule Rule(ulong handle, string key, string name, VerdictKind verdict)
    {
        var text = new byte[16];
        Encoding.ASCII.GetBytes(name, text);
        return new Rule(handle,
        [
            new MetaExpression(First, key == "iifname" ? MetaKey.InputInterfaceName : MetaKey.OutputInterfaceName),
            new CompareExpression(First, CompareOperation.Equal, text),
            new ImmediateExpression(Register.Verdict, default, new RuleVerdict(verdict)),
        ]);
    }

    // Drops what comes from one of the nets of 198.18.0.0/23.
    private static Rule Sender(ulong handle, uint net)
    {
        var first = 0xc6120000 + (net * 64);
        return new Rule(handle,
        [
            new MetaExpression(First, MetaKey.NetfilterProtocol),
            new CompareExpression(First, CompareOperation.Equal, new byte[] { 2 }),
            new PayloadExpression(First, PayloadBase.Network, 12, 4),
            new RangeExpression(First, false, Bytes(first), Bytes(first + 63)),
            new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop)),
        ]);
    }

    private static Rule Destination(ulong handle, uint address) => new(handle,
    [
        new MetaExpression(First, MetaKey.NetfilterProtocol),
        new CompareExpression(First, CompareOperation.Equal, new byte[] { 2 }),
        new PayloadExpression(First, PayloadBase.Network, 16, 4),
        new CompareExpression(First, CompareOperation.Equal, Bytes(address)),
        new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop)),
    ]);

    private static byte[] Bytes(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
