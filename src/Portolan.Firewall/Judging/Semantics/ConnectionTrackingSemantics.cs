using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Facts of the connection (nft_ct_get_eval).</summary>
internal sealed class ConnectionTrackingSemantics : ExpressionMeaning<ConnectionTrackingExpression>
{
    protected override void Compile(ConnectionTrackingExpression expression, RuleBuilder rule)
    {
        if (expression.Key == ConnectionKey.State)
        {
            rule.Store(expression.Destination, BitValue.HostOrder(PacketField.ConnectionState, 32));
            return;
        }

        // Everything but the state ends the rule where there is no connection.
        rule.Tests.Field(PacketField.HasConnection, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
        if (Load(expression, rule) is { } value)
        {
            rule.Store(expression.Destination, value);
        }
    }

    private static BitValue? Load(ConnectionTrackingExpression expression, RuleBuilder rule)
    {
        var isReply = expression.Direction == ConnectionDirection.Reply;
        var isIPv4 = rule.Context.IsIPv4;
        switch (expression.Key)
        {
            case ConnectionKey.Direction:
                return BitValue.Whole(PacketField.ConnectionDirection, 8);
            case ConnectionKey.Status:
                return BitValue.HostOrder(PacketField.ConnectionStatus, 32);
            case ConnectionKey.Mark:
                return BitValue.HostOrder(PacketField.ConnectionMark, 32);
            case ConnectionKey.Layer3Protocol:
                return new(BitSegment.Constant(isIPv4 ? (byte)RuleFamily.Ip : (byte)RuleFamily.Ip6, 8));
            case ConnectionKey.TransportProtocol:
                return BitValue.Whole(PacketField.ConnectionProtocol, 8);
            case ConnectionKey.SourceIpv4 or ConnectionKey.DestinationIpv4 when !isIPv4:
            case ConnectionKey.SourceIpv6 or ConnectionKey.DestinationIpv6 when isIPv4:
                rule.Break();
                return null;
            case ConnectionKey.SourceAddress or ConnectionKey.SourceIpv4 or ConnectionKey.SourceIpv6:
                return Address(isReply ? PacketField.ReplySource : PacketField.OriginalSource, rule);
            case ConnectionKey.DestinationAddress or ConnectionKey.DestinationIpv4 or ConnectionKey.DestinationIpv6:
                return Address(isReply ? PacketField.ReplyDestination : PacketField.OriginalDestination, rule);
            case ConnectionKey.SourcePort:
                return BitValue.Whole(isReply ? PacketField.ReplySourcePort : PacketField.OriginalSourcePort, 16);
            case ConnectionKey.DestinationPort:
                return BitValue.Whole(isReply ? PacketField.ReplyDestinationPort : PacketField.OriginalDestinationPort, 16);
            default:
                const string why = "it tests an unknown property of the connection";
                rule.Doubt(why);
                return BitValue.Unknown(16, why);
        }
    }

    private static BitValue Address(PacketField field, RuleBuilder rule) => BitValue.Whole(field, rule.Context.Width(field));
}
