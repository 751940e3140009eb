using Portolan.Firewall.Changing;
using Portolan.Firewall.Changing.Planning;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Firewall.Rules.Reading;
using Portolan.Tests.Support;

namespace Portolan.Tests.Cli;

public sealed class FirewallShowTests
{
    [Fact]
    public void Rules_stand_by_port_with_what_they_say_and_who_made_them()
    {
        var console = Show();
        Assert.Equal(0, console.Run("firewall", "show"));
        var lines = console.Output.Split('\n');
        Assert.Contains(
            lines,
            l => l.StartsWith("22/tcp", StringComparison.Ordinal) && l.Contains("accept", StringComparison.Ordinal)
                && l.Contains("inet filter input", StringComparison.Ordinal) && l.Contains("unused", StringComparison.Ordinal));
        Assert.Contains("Everything else at input: drop, by the policy of inet filter input", console.Output, StringComparison.Ordinal);
        Assert.Contains("Managed by: ufw (1 chain), nft (1 chain)", console.Output, StringComparison.Ordinal);
    }

    [Fact]
    public void By_rule_they_stand_in_order_with_handles_and_counters()
    {
        var console = Show();
        Assert.Equal(0, console.Run("firewall", "show", "--by-rule", "--family", "inet"));
        Assert.Equal(
            """
            table inet filter
              chain input: filter at input, priority 0, policy drop
                tcp dport 22 counter accept comment "\x1b[31mred"  # handle 5, unused, nft

            """.ReplaceLineEndings("\n").TrimEnd() + "\n",
            console.Output);
    }

    [Fact]
    public void Hostile_names_reach_no_terminal()
    {
        foreach (var option in new[] { "--by-rule", "--unused", "--shadowed", "--color=never" })
        {
            var console = Show();
            Assert.Equal(0, console.Run("firewall", "show", option));
            Assert.DoesNotContain(console.Output, c => char.IsControl(c) && c != '\n');
        }
    }

    [Fact]
    public void The_document_follows_its_schema()
    {
        var console = Show();
        Assert.Equal(0, console.Run("firewall", "show", "--json"));
        JsonSchema.AssertValid(console.Output);
    }

    [Fact]
    public void Without_the_privilege_to_read_rules_it_says_what_to_run()
    {
        var console = new TestConsole { Rules = RulesetReading.NotPermitted };
        Assert.Equal(4, console.Run("firewall", "show"));
        Assert.Contains("CAP_NET_ADMIN", console.Error, StringComparison.Ordinal);
        Assert.Contains("hint: run it as root", console.Error, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    [Fact]
    public void Where_there_are_no_rules_that_is_said()
    {
        var console = new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, Ruleset.Empty) };
        Assert.Equal(0, console.Run("firewall", "show"));
        Assert.Equal("No rules: nothing is filtered here.\n", console.Output);
    }

    [Fact]
    public void A_family_that_is_none_is_refused()
    {
        var console = Show();
        Assert.Equal(2, console.Run("firewall", "show", "--family", "ipx"));
        Assert.Contains("--family must be one of ip, ip6, inet, arp, bridge, netdev, not ipx", console.Error, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no table named nope", "--table", "nope")]
    [InlineData("no table of family bridge", "--family", "bridge")]
    [InlineData("no table named filter of family ip", "--table", "filter", "--family", "ip", "--json")]
    public void A_table_that_is_not_there_is_no_empty_firewall(string text, params string[] options)
    {
        var console = Show();
        Assert.Equal(1, console.Run(["firewall", "show", .. options]));
        Assert.Contains(text, console.Error, StringComparison.Ordinal);
        Assert.Contains("the tables are inet filter, ip $'a", console.Error, StringComparison.Ordinal);
        Assert.Equal("", console.Output);
    }

    [Fact]
    public void Rules_of_Portolans_say_how_long_they_have_left_and_what_ended_is_not_shown_as_live()
    {
        var state = Plan(OwnState.Empty, "allow 80/tcp");
        state = PendingPlanner.Confirm(state, [.. state.Pending]).After;
        state = Plan(state, "block 80/tcp");
        state = Plan(state, "block 81/tcp --for 5m");
        var rules = ProposedRuleset.With(Ruleset.Empty, state);
        var table = Assert.Single(rules.Tables);
        var ended = table with { Sets = [.. table.Sets.Select(s => s.Name == "rule-3" ? s with { Elements = [] } : s)] };
        var console = new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, rules with { Tables = [ended] }) };

        Assert.Equal(0, console.Run("firewall", "show"));
        Assert.Contains("pending, 42s left (change 2)", console.Output, StringComparison.Ordinal);
        Assert.Contains("off for 42s (change 2 is pending)", console.Output, StringComparison.Ordinal);
        Assert.DoesNotContain("81/tcp", console.Output, StringComparison.Ordinal);
        Assert.Contains("1 rule of Portolan no longer matches anything", console.Output, StringComparison.Ordinal);

        console = new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, rules with { Tables = [ended] }) };
        Assert.Equal(0, console.Run("firewall", "show", "--by-rule"));
        Assert.Contains(", expired, matches nothing", console.Output, StringComparison.Ordinal);

        console = new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, rules with { Tables = [ended] }) };
        Assert.Equal(0, console.Run("firewall", "show", "--json"));
        JsonSchema.AssertValid(console.Output);
        Assert.Contains("\"secondsLeft\": 42", console.Output, StringComparison.Ordinal);

        static OwnState Plan(OwnState before, string words)
        {
            Assert.True(RuleWords.TryParse(0, words, out var rule));
            return RulePlanner.Add(
                before, [rule], words,
                new ChangeContext("me", DateTimeOffset.UnixEpoch, ChangeOrigin.Unknown, TimeSpan.FromSeconds(42))).After;
        }
    }

    [Theory]
    [InlineData("--json", false)]
    [InlineData("--shadowed", true)]
    public void What_was_not_looked_at_is_said_in_both_forms(string option, bool isText)
    {
        var rule = new Rule(5, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept))]);
        var chain = new RuleChain(RuleFamily.Inet, "big", "input", 1) { Rules = [.. Enumerable.Repeat(rule, 3001)] };
        var console = new TestConsole
        {
            Rules = new RulesetReading(
            RulesetAccess.Read, new Ruleset(1, [new RuleTable(RuleFamily.Inet, "big", 1) { Chains = [chain] }]))
        };
        Assert.Equal(0, console.Run("firewall", "show", option));
        Assert.Contains("rules that never match in inet big input", isText ? console.Error : console.Output, StringComparison.Ordinal);
        if (!isText)
        {
            JsonSchema.AssertValid(console.Output);
            Assert.Contains("\"complete\": false", console.Output, StringComparison.Ordinal);
        }
    }

    [Fact]
    public void Every_condition_is_shown_and_what_a_rule_at_the_end_does_with_the_rest()
    {
        var register = new Register(0);
        Expression[] ssh =
        [
            new ConnectionTrackingExpression(register, ConnectionKey.State, null),
            new BitwiseExpression(register, register, null, 4, BitwiseOperation.MaskXor, new byte[] { 8, 0, 0, 0 }, new byte[4], default),
            new CompareExpression(register, CompareOperation.NotEqual, new byte[4]),
            new MetaExpression(register, MetaKey.Protocol), new CompareExpression(register, CompareOperation.Equal, new byte[] { 8, 0 }),
            new PayloadExpression(register, PayloadBase.Network, 16, 4),
            new CompareExpression(register, CompareOperation.Equal, new byte[] { 198, 18, 0, 2 }),
            new MetaExpression(register, MetaKey.TransportProtocol),
            new CompareExpression(register, CompareOperation.Equal, new byte[] { 6 }),
            new PayloadExpression(register, PayloadBase.Transport, 2, 2),
            new CompareExpression(register, CompareOperation.Equal, new byte[] { 0, 22 }),
            new LimitExpression(3, 60, 5, false, false), new CounterExpression(0, 0),
            new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept)),
        ];
        var rest = new RuleChain(
            RuleFamily.Inet, "filter", "rest",
            2)
        { Rules = [new Rule(9, [new CounterExpression(0, 0), new RejectExpression(RejectKind.TcpReset, 0)])] };
        var input = new RuleChain(RuleFamily.Inet, "filter", "input", 1)
        {
            Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Accept, []),
            Rules = [
                new Rule(5, ssh),
                new Rule(6, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "rest"))])],
        };
        var reading = new RulesetReading(
            RulesetAccess.Read, new Ruleset(1, [new RuleTable(RuleFamily.Inet, "filter", 1) { Chains = [input, rest] }]));
        var console = new TestConsole { Rules = reading };
        Assert.Equal(0, console.Run("firewall", "show"));
        var line = console.Output.Split('\n').Single(static l => l.StartsWith("22/tcp", StringComparison.Ordinal));
        Assert.All(
            ["ct state new", "ip daddr 198.18.0.2", "limit rate 3/minute"],
            condition => Assert.Contains(condition, line, StringComparison.Ordinal));
        Assert.DoesNotContain("dport", line, StringComparison.Ordinal);
        Assert.Contains(
            "Everything else at input: reject with tcp reset, by inet filter rest handle 9", console.Output, StringComparison.Ordinal);

        var document = new TestConsole { Rules = reading };
        Assert.Equal(0, document.Run("firewall", "show", "--json"));
        JsonSchema.AssertValid(document.Output);
        Assert.Contains("\"does\": \"reject with tcp reset\"", document.Output, StringComparison.Ordinal);
    }

    private static TestConsole Show()
    {
        Expression[] ssh =
        [
            new MetaExpression(new Register(0), MetaKey.TransportProtocol),
            new CompareExpression(new Register(0), CompareOperation.Equal, new byte[] { 6 }),
            new PayloadExpression(new Register(0), PayloadBase.Transport, 2, 2),
            new CompareExpression(new Register(0), CompareOperation.Equal, new byte[] { 0, 22 }),
            new CounterExpression(0, 0), new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept)),
        ];
        var input = new RuleChain(RuleFamily.Inet, "filter", "input", 1)
        {
            Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Drop, []),
            Rules = [new Rule(5, ssh) { Comment = "\u001b[31mred" }],
        };
        var other = new RuleChain(
            RuleFamily.Ip, "a\u202eb", "ufw-\u0007x", 1)
        {
            Rules =
                [new Rule(6, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "\u001b]0;x"))])]
        };
        var rules = new Ruleset(
            1, [
                new RuleTable(RuleFamily.Inet, "filter", 1) { Chains = [input] },
                new RuleTable(RuleFamily.Ip, "a\u202eb", 2) { Chains = [other] }]);
        return new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, rules) };
    }
}
