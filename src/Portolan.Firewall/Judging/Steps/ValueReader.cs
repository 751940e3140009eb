using Portolan.Firewall.Judging.Compiling;
using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Machine;
using Portolan.Firewall.Judging.Ports;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>Reads the bytes of a value for packets, taking them apart where a field has few values.</summary>
internal static class ValueReader
{
    private const int MaximumValues = 256;

    /// <summary>Splits packets so that each part has one value.</summary>
    /// <returns>False when there are too many values or one is not known.</returns>
    public static bool TrySplit(BitValue value, JudgeContext context, in FlowState state, out List<(FlowState State, byte[] Bytes)> parts)
    {
        parts = [];
        var states = new List<FlowState> { state };
        foreach (var segment in value.Segments)
        {
            if (segment.Kind == SegmentKind.Unknown)
            {
                return false;
            }

            if (segment.Kind == SegmentKind.Field && !TryEnumerate(segment.Field, states))
            {
                return false;
            }
        }

        foreach (var part in states)
        {
            if (!TryRead(value, context, part, out var bytes))
            {
                return false;
            }

            parts.Add((part, bytes));
        }

        return true;
    }

    private static bool TryEnumerate(PacketField field, List<FlowState> states)
    {
        var stored = PacketFields.IsDerived(field) ? PacketFields.BaseOf(field) : field;
        var result = new List<FlowState>();
        foreach (var state in states)
        {
            var value = state.View[stored];
            if (value.Kind == FieldValueKind.Constant)
            {
                result.Add(state);
                continue;
            }

            // What is unknown stays unknown: splitting it would need a question for each value.
            if (value.Kind == FieldValueKind.Choice)
            {
                return false;
            }

            foreach (var interval in state.Cube[value.Dimension].Intervals)
            {
                if (interval.Last - interval.First >= MaximumValues || result.Count >= MaximumValues)
                {
                    return false;
                }

                for (var number = interval.First; ; number++)
                {
                    result.Add(state with { Cube = state.Cube.With(value.Dimension, IntervalSet.Of(number)) });
                    if (number == interval.Last)
                    {
                        break;
                    }
                }
            }
        }

        states.Clear();
        states.AddRange(result);
        return states.Count <= MaximumValues;
    }

    private static bool TryRead(BitValue value, JudgeContext context, in FlowState state, out byte[] bytes)
    {
        bytes = new byte[(value.Width + 7) / 8];
        var at = 0;
        foreach (var segment in value.Segments)
        {
            var bits = segment.Bits;
            if (segment.Kind == SegmentKind.Field)
            {
                if (Number(segment.Field, context, state) is not { } number)
                {
                    return false;
                }

                bits = ((number >> segment.Low) & BitSegment.Ones(segment.Width)) ^ segment.Bits;
            }

            BitValue.PutBits(bytes, at, bits, segment.Width);
            at += segment.Width;
        }

        return true;
    }

    private static UInt128? Number(PacketField field, JudgeContext context, in FlowState state)
    {
        var stored = PacketFields.IsDerived(field) ? PacketFields.BaseOf(field) : field;
        var value = state.View[stored];
        state.View.Ask(stored, WhichPort.Instance);
        var number = value.Kind == FieldValueKind.Open ? state.Cube[value.Dimension].Intervals[0].First : value.Number;
        return PacketFields.IsDerived(field) ? context.Interfaces.Value(field, (int)number) : number;
    }
}
