using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Bytes of the packet (nft_payload_eval).</summary>
internal sealed class PayloadSemantics : ExpressionMeaning<PayloadExpression>
{
    protected override void Compile(PayloadExpression expression, RuleBuilder rule)
    {
        var headers = rule.Context.Headers;
        var (offset, length) = (expression.Offset, expression.Length);
        if (offset < 0 || length is <= 0 or > 64)
        {
            const string impossible = "it loads more bytes than a register holds";
            rule.Doubt(impossible);
            rule.Forget(impossible);
            return;
        }

        switch (expression.Base)
        {
            case PayloadBase.Network:
                rule.Store(expression.Destination, headers.Network(offset, length));
                break;
            case PayloadBase.Transport:
                rule.Store(expression.Destination, headers.Transport(offset, length));
                break;
            case PayloadBase.LinkLayer:
                // Packets of this machine have no frame yet when rules see them.
                rule.Tests.Field(PacketField.HasLinkHeader, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
                rule.Store(expression.Destination, headers.Link(offset, length));
                break;
            default:
                // A packet that carries nothing ends the rule here.
                const string why = "it tests the packet's payload";
                rule.Doubt(why);
                rule.Store(expression.Destination, BitValue.Unknown(length, why));
                break;
        }
    }
}
