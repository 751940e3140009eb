using Portolan.Firewall.Changing;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;
using Portolan.Model;

namespace Portolan.Tests.Firewall.Changing;

public sealed class PortPiecesTests
{
    [Fact]
    public void Ports_are_cut_where_a_rule_may_tell_them_apart()
    {
        var rules = With(
            new CompareExpression(default, CompareOperation.Equal, new byte[] { 0x1f, 0x40 }),
            new CompareExpression(default, CompareOperation.Equal, new byte[] { 0, 80, 0x1f, 0x4a }),
            new RangeExpression(default, false, new byte[] { 0x1f, 0x54 }, new byte[] { 0x1f, 0x5e }));
        Assert.Equal(
            ["7990-7999", "8000", "8001-8009", "8010", "8011-8019", "8020", "8021-8029", "8030", "8031-8040", "9000"],
            PortPieces.Of(PortSet.Parse("7990-8040,9000"), rules).Select(p => p.ToString()));
    }

    [Fact]
    public void The_pieces_are_the_ports()
    {
        var rules = With(new CompareExpression(default, CompareOperation.Less, new byte[] { 0xff, 0xff }));
        var ports = PortSet.Parse("0-65535");
        var back = new PortSet();
        foreach (var piece in PortPieces.Of(ports, rules))
        {
            back.Add(piece);
        }

        Assert.Equal(ports, back);
    }

    private static Ruleset With(params Expression[] expressions)
    {
        var rule = new Rule(1, expressions);
        var chain = new RuleChain(RuleFamily.Inet, "t", "c", 1) { Rules = [rule] };
        return Ruleset.Empty with { Tables = [new RuleTable(RuleFamily.Inet, "t", 1) { Chains = [chain] }] };
    }
}
