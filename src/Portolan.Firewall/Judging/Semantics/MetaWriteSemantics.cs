using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Sets a fact about the packet (nft_meta_set_eval).</summary>
internal sealed class MetaWriteSemantics : ExpressionMeaning<MetaWriteExpression>
{
    private const string Why = "a rule sets it to an unknown value";

    protected override void Compile(MetaWriteExpression expression, RuleBuilder rule)
    {
        switch (expression.Key)
        {
            case MetaKey.Mark:
                Set(PacketField.Mark, 4, expression, rule);
                break;
            case MetaKey.Priority:
                Set(PacketField.Priority, 4, expression, rule);
                break;
            case MetaKey.PacketType:
                // What is not for this host by its type is neither forwarded nor given to TCP (ip_forward, tcp_v4_rcv).
                rule.MayDecide("a rule changes the packet type (pkttype)");
                rule.Add(new SetFieldStep(PacketField.PacketType, rule.Read(expression.Source, 1), rule.Context, false, Why));
                break;
        }
    }

    private static void Set(PacketField field, int bytes, MetaWriteExpression expression, RuleBuilder rule) =>
        rule.Add(new SetFieldStep(field, BitArithmetic.TurnRound(rule.Read(expression.Source, bytes), bytes), rule.Context, false, Why));
}
