using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Sets a fact such as the mark.</summary>
/// <param name="field">The fact.</param>
/// <param name="value">Its new value, as the field's number.</param>
/// <param name="context">The family and so on.</param>
/// <param name="needsConnection">Whether nothing happens without a connection.</param>
/// <param name="why">Why it is not known afterwards, where the value is not.</param>
internal sealed class SetFieldStep(PacketField field, BitValue value, JudgeContext context, bool needsConnection, string why) : RuleStep
{
    public override void Run(in FlowState state, StepSink sink)
    {
        if (needsConnection && state.View[PacketField.HasConnection] is { Kind: FieldValueKind.Constant } has && has.Number == 0)
        {
            sink.Pass(state);
            return;
        }

        if (ValueReader.TrySplit(value, context, state, out var parts))
        {
            foreach (var (part, bytes) in parts)
            {
                sink.Pass(part with { View = part.View.With(field, BitValue.Number(bytes)) });
            }

            return;
        }

        // A copy of a fact that is one of several stays one of them.
        var copied = value.Segments.Length == 1 && value.Segments[0] is { Kind: SegmentKind.Field, Low: 0, Bits: var toggled } segment
            && toggled == 0 && !PacketFields.IsDerived(segment.Field) && segment.Width == context.Width(segment.Field)
            ? state.View[segment.Field]
            : default;
        sink.Pass(state with
        {
            View = state.View.With(
                field, copied.Kind == FieldValueKind.Choice ? copied : FieldValue.Choice(IntervalSet.All(context.Width(field)), why)),
        });
    }
}
