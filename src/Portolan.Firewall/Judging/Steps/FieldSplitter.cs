using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Splits packets by one field, whatever is known of it.</summary>
internal static class FieldSplitter
{
    /// <summary>What the field may be.</summary>
    public static IntervalSet Domain(in FlowState state, PacketField field)
    {
        var value = state.View[field];
        state.View.Ask(field, WhichPort.Instance);
        return value.Kind switch
        {
            FieldValueKind.Constant => IntervalSet.Of(value.Number),
            FieldValueKind.Open => state.Cube[value.Dimension],
            _ => value.Domain!,
        };
    }

    /// <summary>The packets by interface, each with those that may come in, or leave, by it alone.</summary>
    /// <param name="state">The packets.</param>
    /// <param name="field">The field that holds the interface's index.</param>
    /// <param name="question">Asked where it is unknown which it is.</param>
    public static List<(int Interface, FlowState State)> ByInterface(in FlowState state, PacketField field, OpenQuestion question)
    {
        var value = state.View[field];
        var result = new List<(int Interface, FlowState State)>();
        foreach (var interval in Domain(state, field).Intervals)
        {
            for (var index = interval.First; index <= interval.Last; index++)
            {
                if (value.Kind != FieldValueKind.Open)
                {
                    result.Add(((int)index, Narrow(state, field, IntervalSet.Of(index), question)));
                }
                else if (state.Cube.Of((PacketField)value.Dimension, index) is { } cube)
                {
                    result.Add(((int)index, state with { Cube = cube }));
                }
            }
        }

        return result;
    }

    /// <summary>The part of the packets whose field is in a set of possible numbers.</summary>
    public static FlowState Narrow(in FlowState state, PacketField field, IntervalSet part, OpenQuestion question)
    {
        var value = state.View[field];
        return value.Kind switch
        {
            FieldValueKind.Open => state with { Cube = state.Cube.With(value.Dimension, part) },
            FieldValueKind.Choice when !ReferenceEquals(part, value.Domain) && !part.Equals(value.Domain) =>
                state.Ask(question) with { View = state.View.With(field, value.Among(part)) },
            _ => state,
        };
    }
}
