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
    /// <summary>Asked where it is not known whether packets of one connection are looked up in one zone.</summary>
    internal const string Why = "it selects the conntrack zone, which decides which packets belong to one connection";

    protected override void Compile(ConnectionTrackingWriteExpression expression, RuleBuilder rule)
    {
        // Labels and events are not read back: a load of them is not known anyway.
        if (expression.Key == ConnectionKey.Mark)
        {
            var value = BitArithmetic.TurnRound(rule.Read(expression.Source, 4), 4);
            rule.Add(new SetFieldStep(
                PacketField.ConnectionMark, value, rule.Context, true, "a rule sets it to an unknown value"));
        }
        else if (expression.Key == ConnectionKey.Zone)
        {
            var value = BitArithmetic.TurnRound(rule.Read(expression.Source, 2), 2);
            rule.Add(new ZoneStep(value, expression.Direction, takesUntracked: true, rule.Context, rule.Question(Why)));
        }
    }
}
