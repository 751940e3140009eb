using Portolan.Firewall.Intervals;
using Portolan.Firewall.Judging;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Xt;
using Portolan.Firewall.Xt.Matches;
using Portolan.Firewall.Xt.Targets;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Judging;

/// <summary>What could not be read, or is not known, may decide: no verdict that it may change is called proved.</summary>
public sealed class UnreadFactsTests
{
    private const byte Port = 80;
    private static readonly Register First = new(0);
    private static readonly Expression[] ToPort80 = [
        new PayloadExpression(First, PayloadBase.Transport, 2, 2),
        new CompareExpression(First, CompareOperation.Equal, new byte[] { 0, Port })];
    private static readonly Expression Drop = new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Drop));
    private static readonly Expression Accept = new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept));

    [Fact]
    public void What_is_read_and_known_is_proved() => Assert.Equal(FlowProof.Proved, Judge([.. ToPort80, Drop]).Proof);

    [Fact]
    public void An_expression_that_nobody_knows_may_drop_what_the_policy_accepts() =>
        Depends("the expression inner is not evaluated", Judge([.. ToPort80, new UnknownExpression("inner", default)]));

    [Fact]
    public void It_says_nothing_of_packets_that_do_not_come_to_it() =>
        Assert.Equal(FlowProof.Proved, Judge([.. ToPort80, new UnknownExpression("inner", default)], port: 81).Proof);

    [Fact]
    public void An_unknown_expression_in_front_of_an_accept_may_still_drop() =>
        Depends("the expression inner is not evaluated", Judge([new UnknownExpression("inner", default), Accept]));

    [Fact]
    public void A_SYN_proxy_answers_itself() =>
        Depends("a SYN proxy answers before the service does", Judge([.. ToPort80, new SynProxyExpression(1460, 7, 0), Accept]));

    [Fact]
    public void A_SYN_proxy_does_nothing_with_datagrams() =>
        Assert.Equal(FlowProof.Proved, Judge([new SynProxyExpression(1460, 7, 0), Accept], protocol: 17).Proof);

    [Fact]
    public void A_transparent_proxy_takes_packets() => Depends(
        "it depends on whether a transparent proxy listens", Judge([new TransparentProxyExpression(RuleFamily.Ip, null, First), Accept]));

    [Fact]
    public void A_verdict_map_that_is_not_there_may_drop() =>
        Depends("its set could not be read", Judge([.. ToPort80[..1], new LookupExpression("gone", First, Register.Verdict, false)]));

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_verdict_map_of_which_elements_are_missing_may_drop(bool isPartial)
    {
        var map = new ElementSet("ports", 1, SetFlags.Map, 13, 2)
        {
            DataType = 0xffffff00,
            Elements = [new SetElement(
                new byte[] { 0, 22 }, default, SetElementFlags.None, new SetElementExtra { Verdict = new RuleVerdict(VerdictKind.Drop) })],
            IsPartial = isPartial,
        };
        var outcome = Judge([.. ToPort80[..1], new LookupExpression("ports", First, Register.Verdict, false)], map);
        Check(isPartial, "its set could not be read", outcome);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_set_of_which_elements_are_missing_may_hold_any_port(bool isPartial)
    {
        var set = new ElementSet("ports", 1, SetFlags.None, 13, 2)
        {
            Elements = [new SetElement(new byte[] { 0, 22 }, default, SetElementFlags.None, null)],
            IsPartial = isPartial,
        };
        Check(
            isPartial, "its set could not be read",
            Judge([.. ToPort80[..1], new LookupExpression("ports", First, null, false), Drop], set));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void A_map_of_which_elements_are_missing_gives_any_value(bool isPartial)
    {
        var map = new ElementSet("marks", 1, SetFlags.Map, 13, 2)
        {
            DataLength = 4,
            Elements = [new SetElement(
                new byte[] { 0, Port }, default, SetElementFlags.None, new SetElementExtra { Data = new byte[] { 1, 0, 0, 0 } })],
            IsPartial = isPartial,
        };
        var outcome = Judge(
            [.. ToPort80[..1], new LookupExpression("marks", First, First, false),
                new CompareExpression(First, CompareOperation.Equal, new byte[] { 2, 0, 0, 0 }), Drop], map);
        Check(isPartial, "its set could not be read", outcome);
    }

    [Fact]
    public void A_chain_that_is_not_there_may_do_anything() => Depends(
        "its target chain could not be read",
        Judge([new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "gone"))]));

    [Fact]
    public void An_object_that_is_not_there_may_be_a_SYN_proxy() => Depends(
        "the object it runs could not be read", Judge([new ObjectReferenceExpression(ObjectKind.SynProxy, "gone", null, null)]));

    [Fact]
    public void A_table_that_could_not_be_read_leaves_every_verdict_open()
    {
        var missing = new MissingFact(MissingFactCode.LegacyTableNotUnderstood, "the table filter of iptables-legacy",
            "the kernel's answer has an unknown format");
        Depends(
            "the table filter of iptables-legacy could not be read: the kernel's answer has an unknown format",
            Judge([.. ToPort80, Drop], rules => rules with { Missing = [missing] }));
        Assert.Equal(
            FlowProof.Proved, Judge([.. ToPort80, Drop], rules => rules with { Missing = [missing with { IsNarrow = true }] }).Proof);
    }

    [Fact]
    public void Routes_that_could_not_be_read_leave_every_verdict_open()
    {
        var judge = new FlowJudge(
            Rules([Drop]), JudgedHost.Make() with
            {
                Missing = [new MissingFact(MissingFactCode.RoutesUnread, "routes", "they changed while they were read")],
            });
        Depends("routes could not be read: they changed while they were read", Single(judge, Port, 6));
    }

    [Theory]
    [InlineData(null, true, "its set could not be read")]
    [InlineData((ushort)3, false, "its set has a type that is not evaluated")]
    [InlineData((ushort)3, true, null)]
    public void An_ipset_without_its_number_or_its_elements_may_hold_the_packet(ushort? index, bool hasElements, string? why)
    {
        var set = new IpSet("known", index, "hash:ip", true) { Family = RuleFamily.Ip, Elements = hasElements ? [] : null };
        var match = new XtMatchExpression("set", 1, default) { Match = new SetMatch(new SetReference(3, 1, 2), 0) };
        Check(why is not null, why ?? "", Judge([match, Drop], rules => rules with { IpSets = [set] }));
    }

    [Fact]
    public void An_ipset_that_rules_fill_may_hold_the_packet()
    {
        var set = new IpSet("seen", 3, "hash:ip", true) { Family = RuleFamily.Ip, Elements = [] };
        var none = new SetReference(SetReference.None, 0, 0);
        var filling = new XtTargetExpression("SET", 1, default) { Target = new SetTarget(new SetReference(3, 1, 2), none, null, 0, null) };
        var match = new XtMatchExpression("set", 1, default) { Match = new SetMatch(new SetReference(3, 1, 2), 0) };
        Depends(
            "an earlier rule may have changed its set",
            Judge([match, Drop], rules => WithRule(rules, [filling]) with { IpSets = [set] }));
    }

    private static void Check(bool depends, string why, FlowOutcome outcome)
    {
        if (depends)
        {
            Depends(why, outcome);
        }
        else
        {
            Assert.Equal(FlowProof.Proved, outcome.Proof);
        }
    }

    private static void Depends(string why, FlowOutcome outcome)
    {
        Assert.Equal((FlowDecision.Depends, FlowProof.Depends), (outcome.Decision, outcome.Proof));
        Assert.Contains(outcome.Questions, question => question.Why == why);
    }

    private static FlowOutcome Judge(Expression[] rule, ElementSet? set = null, ushort port = Port, byte protocol = 6) =>
        Single(new FlowJudge(Rules(rule, set), JudgedHost.Make()), port, protocol);

    private static FlowOutcome Judge(Expression[] rule, Func<Ruleset, Ruleset> change) =>
        Single(new FlowJudge(change(Rules(rule)), JudgedHost.Make()), Port, 6);

    private static FlowOutcome Single(FlowJudge judge, ushort port, byte protocol)
    {
        var query = new FlowQuery
        {
            Direction = FlowDirection.Inbound,
            IsIPv4 = true,
            Protocol = protocol,
            DestinationPort = port,
            Sources = IntervalSet.Of(0xcb007107),
            WithReplies = false,
        };
        return Assert.Single(judge.Judge(query, TestContext.Current.CancellationToken).Regions).Outcome;
    }

    private static Ruleset WithRule(Ruleset rules, Expression[] rule) => rules with
    {
        Tables = [rules.Tables[0] with { Chains =
            [rules.Tables[0].Chains[0] with { Rules = [new Rule(9, rule), .. rules.Tables[0].Chains[0].Rules] }] }],
    };

    private static Ruleset Rules(Expression[] rule, ElementSet? set = null)
    {
        var chain = new RuleChain(RuleFamily.Inet, "t", "in", 1)
        {
            Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Accept, []),
            Rules = [new Rule(2, rule)],
        };
        return new Ruleset(1, [new RuleTable(RuleFamily.Inet, "t", 1) { Chains = [chain], Sets = set is null ? [] : [set] }]);
    }
}
