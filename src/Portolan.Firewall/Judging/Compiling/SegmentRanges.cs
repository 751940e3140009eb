using Portolan.Firewall.Judging.Values;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>Turns ranges of a register's bytes into ranges of the one field they come from.</summary>
internal static class SegmentRanges
{
    // So many copies of a range at most, where bits above the compared ones are free.
    private const int MaximumFreeBits = 12;

    /// <summary>The field's numbers for which the value lies in a range.</summary>
    /// <param name="value">Constants around neighbouring bits of one field, up to 128 bits in all.</param>
    /// <param name="first">The first value.</param>
    /// <param name="last">The last value.</param>
    /// <param name="fieldWidth">The field's bits.</param>
    /// <returns><c>null</c> when the value has another form or the numbers are too many pieces.</returns>
    public static IntervalSet? Find(BitValue value, UInt128 first, UInt128 last, int fieldWidth)
    {
        if (value.Width > 128)
        {
            return null;
        }

        var (prefix, suffix) = (UInt128.Zero, UInt128.Zero);
        var suffixWidth = 0;
        BitSegment? found = null;
        foreach (var segment in value.Segments)
        {
            switch (segment.Kind)
            {
                case SegmentKind.Constant when found is null:
                    prefix = segment.Width == 128 ? segment.Bits : (prefix << segment.Width) | segment.Bits;
                    break;
                case SegmentKind.Constant:
                    suffix = (suffix << segment.Width) | segment.Bits;
                    suffixWidth += segment.Width;
                    break;
                case SegmentKind.Field when found is null && segment.Bits == 0:
                    found = segment;
                    break;
                default:
                    return null;
            }
        }

        if (found is not { } field)
        {
            return null;
        }

        // value(x) = base + x * 2^suffixWidth grows with x.
        var head = field.Width + suffixWidth >= 128 ? UInt128.Zero : prefix << (field.Width + suffixWidth);
        var start = head | suffix;
        var maximum = BitSegment.Ones(field.Width);
        var end = head | (maximum << suffixWidth) | suffix;
        if (last < start || first > end || first > last)
        {
            return IntervalSet.Empty;
        }

        var low = first <= start ? UInt128.Zero : (first - start + BitSegment.Ones(suffixWidth)) >> suffixWidth;
        var high = last >= end ? maximum : (last - start) >> suffixWidth;
        return low > high ? IntervalSet.Empty : Spread(field, low, high, fieldWidth);
    }

    private static IntervalSet? Spread(BitSegment segment, UInt128 low, UInt128 high, int fieldWidth)
    {
        if (low == 0 && high == BitSegment.Ones(segment.Width))
        {
            return IntervalSet.All(fieldWidth);
        }

        var first = low << segment.Low;
        var last = (high << segment.Low) | BitSegment.Ones(segment.Low);
        var free = fieldWidth - segment.Low - segment.Width;
        if (free <= 0)
        {
            return IntervalSet.Of(first, last);
        }

        if (free > MaximumFreeBits)
        {
            return null;
        }

        var intervals = new List<Interval>();
        for (var above = 0u; above < 1u << free; above++)
        {
            var head = (UInt128)above << (segment.Low + segment.Width);
            intervals.Add(new Interval(head | first, head | last));
        }

        return IntervalSet.From(intervals);
    }
}
