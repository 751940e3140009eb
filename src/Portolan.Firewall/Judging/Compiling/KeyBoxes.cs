using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Steps;
using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>Elements with concatenated keys as boxes of fields.</summary>
internal static class KeyBoxes
{
    // The kernel pads each part of a concatenation to whole registers.
    private const int Alignment = 4;

    /// <summary>Makes the index, or <c>null</c> when a part of the key cannot be turned into a range of one field.</summary>
    public static BoxIndex? TryMake(SetElements elements, BitValue key, JudgeContext context, OutcomeList outcomes)
    {
        var parts = Parts(elements.Set, key);
        var fields = new List<PacketField>();
        foreach (var part in parts)
        {
            AddFields(part.Value, fields);
        }

        var stored = new PacketField[fields.Count];
        for (var i = 0; i < stored.Length; i++)
        {
            stored[i] = PacketFields.IsDerived(fields[i]) ? PacketFields.BaseOf(fields[i]) : fields[i];
        }

        // A field and one that follows from the same interface have no box of their own.
        if (stored.Distinct().Count() != stored.Length)
        {
            return null;
        }

        var boxes = new List<Interval>();
        var numbers = new List<int>();
        var isInterval = (elements.Set.Flags & SetFlags.Interval) != 0;
        foreach (var element in elements.Set.Elements)
        {
            if ((element.Flags & SetElementFlags.CatchAll) != 0)
            {
                continue;
            }

            if (element.Key.Length != elements.Set.KeyLength
                || (isInterval && element.KeyEnd.Length == 0 && elements.Set.Fields.Count == 0))
            {
                return null;
            }

            var last = element.KeyEnd.Length == element.Key.Length ? element.KeyEnd.Span : element.Key.Span;
            var sets = new IntervalSet?[fields.Count];
            if (!TryBox(parts, element.Key.Span, last, fields, sets, context, out var canMatch))
            {
                return null;
            }

            if (!canMatch)
            {
                continue;
            }

            AddBoxes(sets, outcomes.Number(element.Extra), boxes, numbers);
        }

        return new BoxIndex(stored, [.. boxes], [.. numbers], JudgeContext.MaximumParts);
    }

    private static List<(int Offset, BitValue Value)> Parts(ElementSet set, BitValue key)
    {
        if (set.Fields.Count == 0)
        {
            return [(0, key)];
        }

        var result = new List<(int Offset, BitValue Value)>();
        var offset = 0;
        foreach (var length in set.Fields)
        {
            var padded = (length + Alignment - 1) / Alignment * Alignment;
            result.Add((offset, key.Slice(offset * 8, Math.Min(length, set.KeyLength - offset) * 8)));
            offset += padded;
        }

        return result;
    }

    private static void AddFields(BitValue value, List<PacketField> fields)
    {
        foreach (var segment in value.Segments)
        {
            if (segment.Kind == SegmentKind.Field && !fields.Contains(segment.Field))
            {
                fields.Add(segment.Field);
            }
        }
    }

    private static bool TryBox(
        List<(int Offset, BitValue Value)> parts,
        ReadOnlySpan<byte> first,
        ReadOnlySpan<byte> last,
        List<PacketField> fields,
        IntervalSet?[] sets,
        JudgeContext context,
        out bool canMatch)
    {
        canMatch = true;
        foreach (var (offset, value) in parts)
        {
            var length = value.Width / 8;
            var from = first.Slice(offset, length);
            var to = last.Slice(offset, length);
            if (from.SequenceEqual(to))
            {
                var constraints = new List<FieldConstraint>();
                if (!FieldConstraint.TryFind(value, from, constraints))
                {
                    // Also of a key that is nothing but constants, which has no field to say so.
                    canMatch = false;
                    return true;
                }

                foreach (var constraint in constraints)
                {
                    if (!TryNarrow(
                        constraint.Field, FieldCondition.Bits(constraint.Mask, constraint.Value, context.Width(constraint.Field)).Set,
                        fields, sets))
                    {
                        return false;
                    }
                }

                continue;
            }

            if (TestBuilder.SingleField(value) is not { } field || length > 16
                || !TryNarrow(
                    field, SegmentRanges.Find(value, BitValue.Number(from), BitValue.Number(to), context.Width(field)), fields, sets))
            {
                return false;
            }
        }

        for (var i = 0; i < sets.Length; i++)
        {
            var set = sets[i] ?? IntervalSet.All(context.Width(fields[i]));
            sets[i] = PacketFields.IsDerived(fields[i]) ? context.Interfaces.IndexesWhere(fields[i], set.Contains) : set;
        }

        return true;
    }

    private static bool TryNarrow(PacketField field, IntervalSet? set, List<PacketField> fields, IntervalSet?[] sets)
    {
        if (set is null)
        {
            return false;
        }

        var i = fields.IndexOf(field);
        sets[i] = sets[i] is { } known ? known.Intersect(set) : set;
        return true;
    }

    // A box for every combination of the pieces.
    private static void AddBoxes(IntervalSet?[] sets, int outcome, List<Interval> boxes, List<int> numbers)
    {
        var places = new int[sets.Length];
        if (Array.Exists(sets, static set => set!.IsEmpty))
        {
            return;
        }

        while (true)
        {
            for (var i = 0; i < sets.Length; i++)
            {
                boxes.Add(sets[i]!.Intervals[places[i]]);
            }

            numbers.Add(outcome);
            var at = sets.Length - 1;
            while (at >= 0 && ++places[at] == sets[at]!.Count)
            {
                places[at--] = 0;
            }

            if (at < 0)
            {
                return;
            }
        }
    }
}
