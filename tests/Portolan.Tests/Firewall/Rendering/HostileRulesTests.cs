using Portolan.Firewall.Rendering;
using Portolan.Firewall.Reviewing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Tests.Support;

namespace Portolan.Tests.Firewall.Rendering;

/// <summary>Rules that mean harm, or nothing.</summary>
public sealed class HostileRulesTests
{
    [Fact]
    public void No_bytecode_whatever_makes_writing_or_reviewing_fail() => Fuzz.Run(3000, (random, _) =>
    {
        var rules = new Ruleset(1, [RandomRules.Table(random)]);
        Assert.NotNull(RulesetText.Of(rules));
        var review = RuleReview.Of(rules, RuleTextOptions.ForReading);
        Assert.Equal(rules.Tables[0].Chains[0].Rules.Count, review.Rules.Count);
    });

    [Fact]
    public void What_cannot_be_loaded_stays_inside_its_comment() => Fuzz.Run(1000, (random, _) =>
    {
        var text = RulesetText.Of(new Ruleset(1, [RandomRules.Table(random)]));
        foreach (var line in text.Split('\n').Where(l => l.Contains("# cannot", StringComparison.Ordinal)))
        {
            Assert.StartsWith("# cannot", line.TrimStart('\t'), StringComparison.Ordinal);
            Assert.DoesNotContain(line.TrimStart('\t'), char.IsControl);
        }
    });

    [Fact]
    public void A_name_that_nft_cannot_read_is_shown_in_quotes_and_left_out_of_what_is_loaded()
    {
        var rule = new Rule(1, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "a b\n; accept"))]);
        var table = new RuleTable(RuleFamily.Inet, "t", 1) { Chains = [new RuleChain(RuleFamily.Inet, "t", "c", 1) { Rules = [rule] }] };
        var written = new RuleWriter(table, RuleTextOptions.Complete).Write(rule);
        Assert.False(written.IsLoadable);
        Assert.Equal("jump \"a b\\x0a; accept\"", written.Text);
        Assert.Contains("\t\t# cannot be loaded: jump \"a b", RulesetText.Of(new Ruleset(1, [table])), StringComparison.Ordinal);
    }

    [Fact]
    public void An_expression_that_is_not_known_is_named()
    {
        var table = new RuleTable(RuleFamily.Ip, "t", 1);
        var written = new RuleWriter(
            table,
            RuleTextOptions.Complete).Write(new Rule(
                1, [
                    new UnknownExpression("frobnicate", new byte[3]),
                    new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept))]));
        Assert.Equal("[expression \"frobnicate\"] accept", written.Text);
        Assert.False(written.IsLoadable);
    }

    [Fact]
    public void Chains_inside_of_rules_that_call_themselves_end()
    {
        var call = new Rule(1, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "loop"))]);
        var table = new RuleTable(
            RuleFamily.Inet, "t", 1)
        { Chains = [new RuleChain(RuleFamily.Inet, "t", "loop", 1) { Flags = 4, Rules = [call] }] };
        var written = new RuleWriter(table, RuleTextOptions.Complete).Write(call);
        Assert.False(written.IsLoadable);
        Assert.Equal("jump { jump { … }; }", written.Text);
    }

    [Fact]
    public void A_chain_inside_of_rules_that_calls_itself_many_times_does_not_grow_without_end()
    {
        var call = new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "loop"));
        var rules = Enumerable.Range(0, 4).Select(i => new Rule((ulong)i, [call])).ToList();
        var table = new RuleTable(
            RuleFamily.Inet, "t", 1)
        { Chains = [new RuleChain(RuleFamily.Inet, "t", "loop", 1) { Flags = 4, Rules = rules }] };
        Assert.InRange(new RuleWriter(table, RuleTextOptions.Complete).Write(rules[0]).Text.Length, 1, 100);
    }

    [Fact]
    public void A_set_of_a_hundred_thousand_elements_is_shortened_for_people_and_whole_to_be_loaded()
    {
        var elements = Enumerable.Range(0, 100_000)
            .Select(i => new SetElement(new byte[] { 10, (byte)(i >> 16), (byte)(i >> 8), (byte)i }, default, SetElementFlags.None, null))
            .ToList();
        var set = new ElementSet("__set0", 1, SetFlags.Anonymous | SetFlags.Constant, 7, 4) { Elements = elements };
        var rule = new Rule(
            1, [
                new PayloadExpression(new Register(0), PayloadBase.Network, 12, 4),
                new LookupExpression("__set0", new Register(0), null, false)]);
        var table = new RuleTable(RuleFamily.Ip, "t", 1) { Sets = [set] };
        Assert.InRange(RuleText.Of(table, rule).Length, 100, 1000);
        var whole = new RuleWriter(table, RuleTextOptions.Complete).Write(rule);
        Assert.True(whole.IsLoadable);
        Assert.Contains("10.1.134.159", whole.Text, StringComparison.Ordinal);
    }
}
