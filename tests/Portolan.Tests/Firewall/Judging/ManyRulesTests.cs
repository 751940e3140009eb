using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>Rules in the thousands, judged together, decide as they would one after the other.</summary>
public sealed class ManyRulesTests
{
    private const uint Base = 0xcb000000;
    private static readonly Register First = new(0);

    [Theory]
    [InlineData(1, 40, 10)]
    [InlineData(2, 700, 4)]
    [InlineData(3, 3000, 1)]
    [InlineData(4, 3000, 900)]
    public void The_first_rule_that_matches_decides(int seed, int count, int width)
    {
        var random = new Random(seed);
        var ranges = new List<(uint First, uint Last, bool IsAccept)>();
        for (var i = 0; i < count; i++)
        {
            var first = Base + (uint)random.Next(6000);
            ranges.Add((first, first + (uint)random.Next(width), random.Next(3) == 0));
        }

        var judge = new FlowJudge(Rules(ranges), JudgedHost.Make());
        var answer = judge.Judge(Query(null), TestContext.Current.CancellationToken);
        for (var i = 0; i < 300; i++)
        {
            var sender = Base + (uint)random.Next(6000);
            var deciding = ranges.FindIndex(r => sender >= r.First && sender <= r.Last);
            var expected = deciding >= 0 && ranges[deciding].IsAccept ? FlowDecision.Accept : FlowDecision.Drop;
            Assert.Equal(expected, Assert.Single(answer.Regions, r => r.Packets.Sources.Contains(sender)).Outcome.Decision);

            // One sender alone is told the very rule.
            var alone = Assert.Single(judge.Judge(Query(IntervalSet.Of(sender)), TestContext.Current.CancellationToken).Regions);
            Assert.Equal(expected, alone.Outcome.Decision);
            Assert.Equal(deciding < 0 ? null : (ulong)deciding, alone.Outcome.Decider!.Rule?.Handle);
        }
    }

    /// <summary>The first of the rules was named for all senders: a proof that was none, and a fix in front of every ban.</summary>
    [Trait("Quick", "no")]
    [Theory]
    [InlineData(200)]
    [InlineData(300)]
    [InlineData(2000)]
    public void Most_packets_are_told_the_rule_or_policy_that_stops_them(int count)
    {
        var rules = Enumerable.Range(0, count).Select(static i => new Rule((ulong)i + 1,
        [
            new PayloadExpression(First, PayloadBase.Network, 12, 4),
            new CompareExpression(First, CompareOperation.Equal, Bytes(Base + (uint)(i % 250))),
            new PayloadExpression(First, PayloadBase.Transport, 0, 2),
            new CompareExpression(First, CompareOperation.Equal, Bytes(2000 + (uint)i).AsMemory(2)),
            new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop)),
        ]));
        var answer = new FlowJudge(Of([.. rules]), JudgedHost.Make()).Judge(Query(null), TestContext.Current.CancellationToken);
        var others = answer.Regions.Where(static r => r.Packets.Sources.Contains(Base + 5000)).ToList();
        Assert.NotEmpty(others);
        Assert.All(others, static r => Assert.Null(r.Outcome.Decider!.Rule));
        Assert.Contains(answer.Regions, static r => r.Outcome.Decider!.Rule is not null);
    }

    [Fact]
    public void The_regions_share_no_packet_and_are_all_of_them()
    {
        var ranges = Enumerable.Range(0, 500).Select(static i => (Base + ((uint)i * 3), Base + ((uint)i * 3) + 1, i % 2 == 0)).ToList();
        var answer = new FlowJudge(Rules(ranges), JudgedHost.Make()).Judge(
            Query(IntervalSet.Of(Base, Base + 5000)), TestContext.Current.CancellationToken);
        var all = IntervalSet.Empty;
        foreach (var region in answer.Regions)
        {
            Assert.False(all.Overlaps(region.Packets.Sources));
            all = all.Union(region.Packets.Sources);
        }

        Assert.Equal(IntervalSet.Of(Base, Base + 5000), all);
    }

    private static FlowQuery Query(IntervalSet? sources) => new()
    {
        Direction = FlowDirection.Inbound,
        IsIPv4 = true,
        Protocol = 6,
        DestinationPort = 80,
        Sources = sources,
        WithReplies = false,
    };

    private static Ruleset Rules(List<(uint First, uint Last, bool IsAccept)> ranges)
    {
        var rules = new List<Rule>();
        foreach (var (first, last, isAccept) in ranges)
        {
            rules.Add(new Rule((ulong)rules.Count,
            [
                new PayloadExpression(First, PayloadBase.Network, 12, 4),
                new RangeExpression(First, false, Bytes(first), Bytes(last)),
                new ImmediateExpression(Register.Verdict, default, new RuleVerdict(isAccept ? VerdictKind.Accept : VerdictKind.Drop)),
            ]));
        }

        return Of(rules);
    }

    private static Ruleset Of(List<Rule> rules)
    {
        var chain = new RuleChain(RuleFamily.Ip, "t", "in", 1)
        {
            Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Drop, []),
            Rules = rules,
        };
        return new Ruleset(1, [new RuleTable(RuleFamily.Ip, "t", 1) { Chains = [chain] }]);
    }

    private static byte[] Bytes(uint value) => [(byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];
}
