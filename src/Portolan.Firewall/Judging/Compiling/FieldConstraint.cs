using Portolan.Firewall.Judging.Fields;
using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The bits a field must have for a register to equal a constant.</summary>
internal readonly record struct FieldConstraint(PacketField Field, UInt128 Mask, UInt128 Value)
{
    /// <summary>What a value's fields must be for it to equal these bytes.</summary>
    /// <param name="value">The value; unknown bits are left out.</param>
    /// <param name="bytes">As many bytes.</param>
    /// <param name="constraints">For each field.</param>
    /// <returns>False when they can never be equal.</returns>
    public static bool TryFind(BitValue value, ReadOnlySpan<byte> bytes, List<FieldConstraint> constraints)
    {
        var at = 0;
        foreach (var segment in value.Segments)
        {
            var wanted = BitValue.TakeBits(bytes, at, segment.Width);
            at += segment.Width;
            switch (segment.Kind)
            {
                case SegmentKind.Constant when wanted != segment.Bits:
                    return false;
                case SegmentKind.Field:
                    var mask = BitSegment.Ones(segment.Width) << segment.Low;
                    if (!TryAdd(constraints, new(segment.Field, mask, (wanted ^ segment.Bits) << segment.Low)))
                    {
                        return false;
                    }

                    break;
            }
        }

        return true;
    }

    private static bool TryAdd(List<FieldConstraint> constraints, FieldConstraint added)
    {
        for (var i = 0; i < constraints.Count; i++)
        {
            var known = constraints[i];
            if (known.Field != added.Field)
            {
                continue;
            }

            var both = known.Mask & added.Mask;
            if ((known.Value & both) != (added.Value & both))
            {
                return false;
            }

            constraints[i] = new(known.Field, known.Mask | added.Mask, known.Value | added.Value);
            return true;
        }

        constraints.Add(added);
        return true;
    }
}
