using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Sets a fact of the connection (nft_ct_set_eval); without one nothing happens.</summary>
internal sealed class ConnectionTrackingWriteSemantics : ExpressionMeaning<ConnectionTrackingWriteExpression>
{
    protected override void Compile(ConnectionTrackingWriteExpression expression, RuleBuilder rule)
    {
        // Labels, events and zones are not read back: a load of them is not known anyway.
        if (expression.Key == ConnectionKey.Mark)
        {
            var value = BitArithmetic.TurnRound(rule.Read(expression.Source, 4), 4);
            rule.Add(new SetFieldStep(PacketField.ConnectionMark, value, rule.Context, true, "a rule sets it to a value that is not known"));
        }
    }
}
