using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Extension headers and options (nft_exthdr.c). The packets asked about have no IP options and no extension headers.</summary>
internal sealed class ExtensionHeaderSemantics : ExpressionMeaning<ExtensionHeaderExpression>
{
    private const byte Tcp = 6;

    protected override void Compile(ExtensionHeaderExpression expression, RuleBuilder rule)
    {
        if (expression.Destination is not { } destination)
        {
            Change(expression, rule);
            return;
        }

        if (expression.Kind is ExtensionHeaderKind.Ipv6 or ExtensionHeaderKind.Ipv4Option)
        {
            if (expression.IsPresence)
            {
                rule.Store(destination, new(BitSegment.Constant(0, 8)));
            }
            else
            {
                rule.Break();
            }

            return;
        }

        if (expression.Kind == ExtensionHeaderKind.TcpOption && rule.Context.Protocol != Tcp)
        {
            // nft_exthdr_tcp_eval: without TCP there is no option.
            if (!expression.IsPresence)
            {
                rule.Break();
                return;
            }

            rule.Store(destination, new(BitSegment.Constant(0, 8)));
            return;
        }

        if (expression.Kind == ExtensionHeaderKind.TcpOption && TcpOptionBits.BitOf(expression.Type) is >= 0 and var bit)
        {
            Load(expression, destination, bit, rule);
            return;
        }

        const string why = "it tests transport header options, which the sender chooses";
        if (!expression.IsPresence)
        {
            rule.Doubt(why);
        }

        rule.Store(destination, BitValue.Unknown(expression.IsPresence ? 1 : Math.Max(expression.Length, 1), why));
    }

    // An option that is not there ends the rule, where its value is wanted.
    private static void Load(ExtensionHeaderExpression expression, Register destination, int bit, RuleBuilder rule)
    {
        if (expression.IsPresence)
        {
            rule.Store(destination, new(BitSegment.Constant(0, 7), BitSegment.Of(PacketField.TcpOptions, bit, 1)));
            return;
        }

        rule.Tests.Field(PacketField.TcpOptions, FieldCondition.Bits(UInt128.One << bit, UInt128.One << bit, 8), isInverted: false);
        var isSegmentSize = bit == 0 && expression is { Offset: 2, Length: 2 };
        rule.Store(destination, isSegmentSize
            ? BitValue.Whole(PacketField.TcpSegmentSize, 16)
            : BitValue.Unknown(Math.Max(expression.Length, 1), "it tests the value of a TCP option, which the sender chooses"));
    }

    // A write to an option of TCP, or its removal: no test, but a later rule sees it.
    private static void Change(ExtensionHeaderExpression expression, RuleBuilder rule)
    {
        if (expression.Kind == ExtensionHeaderKind.TcpOption)
        {
            SegmentOptions.MayChange(rule);
        }
    }
}
