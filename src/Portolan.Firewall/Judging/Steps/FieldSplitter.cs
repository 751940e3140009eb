using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Splits packets by one field, whatever is known of it.</summary>
internal static class FieldSplitter
{
    /// <summary>What the field may be.</summary>
    public static IntervalSet Domain(in FlowState state, PacketField field)
    {
        var value = state.View[field];
        return value.Kind switch
        {
            FieldValueKind.Constant => IntervalSet.Of(value.Number),
            FieldValueKind.Open => state.Cube[value.Dimension],
            _ => value.Domain!,
        };
    }

    /// <summary>The part of the packets whose field is in a set of possible numbers.</summary>
    public static FlowState Narrow(in FlowState state, PacketField field, IntervalSet part, OpenQuestion question)
    {
        var value = state.View[field];
        return value.Kind switch
        {
            FieldValueKind.Open => state with { Cube = state.Cube.With(value.Dimension, part) },
            FieldValueKind.Choice when !ReferenceEquals(part, value.Domain) && !part.Equals(value.Domain) =>
                state.Ask(question) with { View = state.View.With(field, FieldValue.Choice(part, value.Why!)) },
            _ => state,
        };
    }
}
