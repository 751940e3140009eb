using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Judging.Semantics;

/// <summary>Writes into the packet (nft_payload_set_eval). Later rules see what was written.</summary>
internal sealed class PayloadWriteSemantics : ExpressionMeaning<PayloadWriteExpression>
{
    private const string Why = "it modifies the packet, which arrives changed";

    protected override void Compile(PayloadWriteExpression expression, RuleBuilder rule)
    {
        var headers = rule.Context.Headers;
        var (offset, length) = (expression.Offset, expression.Length);
        if (offset < 0 || length is <= 0 or > 64)
        {
            rule.MayDecide("it writes more bytes than a register holds");
            return;
        }

        if (expression.Base == PayloadBase.LinkLayer)
        {
            // Packets of this machine have no frame yet when rules see them.
            rule.Tests.Field(PacketField.HasLinkHeader, FieldCondition.In(IntervalSet.Of(1)), isInverted: false);
        }

        var place = expression.Base switch
        {
            PayloadBase.LinkLayer => headers.Link(offset, length),
            PayloadBase.Network => headers.Network(offset, length),
            PayloadBase.Transport => headers.Transport(offset, length),
            _ => BitValue.Unknown(length, Why),
        };
        var source = rule.Read(expression.Source, length);
        var (isHarmless, hasManyHops) = (true, true);
        var at = 0;
        foreach (var segment in place.Segments)
        {
            var value = source.Slice(at, segment.Width);
            at += segment.Width;
            switch (segment.Kind)
            {
                case SegmentKind.Field:
                    if (!IsSame(segment, value))
                    {
                        isHarmless &= IsHarmless(segment);
                        hasManyHops &= segment.Field != PacketField.HopLimit || HasManyHops(segment, value);
                        Write(segment, value, isAlone: place.Segments.Length == 1, rule);
                    }

                    break;
                case SegmentKind.Constant:
                    isHarmless &= IsSame(segment, value);
                    break;
                default:
                    isHarmless = false;
                    break;
            }
        }

        if (!isHarmless)
        {
            rule.Add(new WrittenStep(rule.Question(Why)));
        }
        else if (!hasManyHops)
        {
            rule.Add(WrittenStep.OfHopLimit(rule));
        }
    }

    // What is made of other fields, which the same write may change, is not followed.
    private static void Write(BitSegment place, BitValue value, bool isAlone, RuleBuilder rule)
    {
        var width = rule.Context.Width(place.Field);
        var written = place.Width == width && (isAlone || IsOf(value, place.Field)) ? value : BitValue.Unknown((width + 7) / 8, "");
        rule.Add(new SetFieldStep(
            place.Field, PadToBytes(written), rule.Context, false, "a rule sets it to an unknown value"));
    }

    // Neither tracking nor a socket minds these.
    private static bool IsHarmless(BitSegment place) => place.Field is PacketField.TrafficClass or PacketField.FlowLabel
        or PacketField.Identification or PacketField.EtherSource or PacketField.HopLimit;

    private static bool HasManyHops(BitSegment place, BitValue value) => place.Width == 8
        && value.Segments is [{ Kind: SegmentKind.Constant, Bits: var hops }] && hops >= OrdinaryClient.MostRouters;

    // Rules that change some bits write those beside them back as they were.
    private static bool IsSame(BitSegment place, BitValue value) => value.Segments is [var only]
        && only.Kind == place.Kind && only.Bits == place.Bits
        && (only.Kind == SegmentKind.Constant || (only.Field == place.Field && only.Low == place.Low));

    private static bool IsOf(BitValue value, PacketField field)
    {
        foreach (var segment in value.Segments)
        {
            if (segment.Kind == SegmentKind.Field && segment.Field != field)
            {
                return false;
            }
        }

        return true;
    }

    private static BitValue PadToBytes(BitValue value)
    {
        var list = new BitList();
        list.Append(BitSegment.Constant(0, (8 - (value.Width & 7)) & 7));
        list.Append(value.Segments, 0, value.Width);
        return list.ToValue();
    }
}
