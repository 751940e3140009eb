using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>What a legacy rule tests of the IP header (ip_packet_match, ip6_packet_match).</summary>
internal sealed class IpHeaderMatchSemantics : ExpressionMeaning<IpHeaderMatchExpression>
{
    protected override void Compile(IpHeaderMatchExpression expression, RuleBuilder rule)
    {
        // The packets asked about are no fragments.
        var isOtherProtocol = expression.Protocol != 0 && (expression.Protocol == rule.Context.Protocol) == expression.ProtocolInverted;
        if (isOtherProtocol || expression.Fragment == true)
        {
            rule.Break();
            return;
        }

        Xt.XtTests.Address(rule, PacketField.SourceAddress, expression.Source);
        Xt.XtTests.Address(rule, PacketField.DestinationAddress, expression.Destination);
        Xt.XtTests.Interface(rule, PacketField.InputName, expression.Input);
        Xt.XtTests.Interface(rule, PacketField.OutputName, expression.Output);
    }
}
