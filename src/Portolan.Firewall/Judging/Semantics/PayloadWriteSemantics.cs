using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Writes into the packet (nft_payload_set_eval).</summary>
internal sealed class PayloadWriteSemantics : ExpressionMeaning<PayloadWriteExpression>
{
    protected override void Compile(PayloadWriteExpression expression, RuleBuilder rule)
    {
        var headers = rule.Context.Headers;
        var place = expression.Base switch
        {
            PayloadBase.Network => headers.Network(expression.Offset, expression.Length),
            PayloadBase.Transport => headers.Transport(expression.Offset, expression.Length),
            _ => BitValue.Unknown(Math.Max(expression.Length, 1), ""),
        };
        var source = rule.Read(expression.Source, expression.Length);
        var at = 0;
        foreach (var segment in place.Segments)
        {
            if (segment.Kind == SegmentKind.Field)
            {
                var value = segment.Width == rule.Context.Width(segment.Field)
                    ? source.Slice(at, segment.Width)
                    : BitValue.Unknown((rule.Context.Width(segment.Field) + 7) / 8, "");
                rule.Add(new SetFieldStep(segment.Field, PadToBytes(value), rule.Context, false, "a rule writes it with a value that is not known"));
            }

            at += segment.Width;
        }
    }

    private static BitValue PadToBytes(BitValue value)
    {
        var list = new BitList();
        list.Append(BitSegment.Constant(0, (8 - (value.Width & 7)) & 7));
        list.Append(value.Segments, 0, value.Width);
        return list.ToValue();
    }
}
