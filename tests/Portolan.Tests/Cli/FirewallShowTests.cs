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
        Assert.Contains(lines, l => l.StartsWith("22/tcp", StringComparison.Ordinal) && l.Contains("accept", StringComparison.Ordinal) && l.Contains("inet filter input", StringComparison.Ordinal) && l.Contains("unused", StringComparison.Ordinal));
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

    private static TestConsole Show()
    {
        Expression[] ssh =
        [
            new MetaExpression(new Register(0), MetaKey.TransportProtocol), new CompareExpression(new Register(0), CompareOperation.Equal, new byte[] { 6 }),
            new PayloadExpression(new Register(0), PayloadBase.Transport, 2, 2), new CompareExpression(new Register(0), CompareOperation.Equal, new byte[] { 0, 22 }),
            new CounterExpression(0, 0), new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Accept)),
        ];
        var input = new RuleChain(RuleFamily.Inet, "filter", "input", 1)
        {
            Hook = new ChainHook(HookPoint.Input, 0, "filter", VerdictKind.Drop, []),
            Rules = [new Rule(5, ssh) { Comment = "\u001b[31mred" }],
        };
        var other = new RuleChain(RuleFamily.Ip, "a\u202eb", "ufw-\u0007x", 1) { Rules = [new Rule(6, [new ImmediateExpression(Register.Verdict, default, new RuleVerdict(VerdictKind.Jump, "\u001b]0;x"))])] };
        var rules = new Ruleset(1, [new RuleTable(RuleFamily.Inet, "filter", 1) { Chains = [input] }, new RuleTable(RuleFamily.Ip, "a\u202eb", 2) { Chains = [other] }]);
        return new TestConsole { Rules = new RulesetReading(RulesetAccess.Read, rules) };
    }
}
