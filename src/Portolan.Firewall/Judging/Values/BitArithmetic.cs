namespace Portolan.Firewall.Judging.Values;

/// <summary>What rules do with the bits of registers.</summary>
internal static class BitArithmetic
{
    private const string TwoFields = "it combines two fields of the packet bit by bit";

    /// <summary>And a mask, then exclusive or.</summary>
    public static BitValue MaskXor(BitValue value, ReadOnlySpan<byte> mask, ReadOnlySpan<byte> xor)
    {
        var list = new BitList();
        var at = 0;
        foreach (var segment in value.Segments)
        {
            var masks = Take(mask, at, segment.Width);
            var toggles = Take(xor, at, segment.Width);
            at += segment.Width;
            Mask(list, segment, masks, toggles);
        }

        return list.ToValue();
    }

    /// <summary>Shifts the whole value, as one number.</summary>
    public static BitValue Shift(BitValue value, int count, bool isLeft)
    {
        var width = value.Width;
        var list = new BitList();
        if (!isLeft)
        {
            list.Append(BitSegment.Constant(0, count));
        }

        list.Append(value.Segments, isLeft ? count : 0, width - count);
        if (isLeft)
        {
            list.Append(BitSegment.Constant(0, count));
        }

        return list.ToValue();
    }

    public static BitValue And(BitValue left, BitValue right) =>
        Combine(left, right, static (list, field, constant) => Mask(list, field, constant, 0));

    public static BitValue Or(BitValue left, BitValue right) =>
        Combine(left, right, static (list, field, constant) => Mask(list, field, ~constant & BitSegment.Ones(field.Width), constant));

    public static BitValue Xor(BitValue left, BitValue right) =>
        Combine(left, right, static (list, field, constant) => Mask(list, field, BitSegment.Ones(field.Width), constant));

    /// <summary>Turns the bytes of each number of so many bytes round.</summary>
    public static BitValue TurnRound(BitValue value, int size)
    {
        var list = new BitList();
        var bytes = value.Width / 8;
        for (var start = 0; start < bytes; start += size)
        {
            var length = Math.Min(size, bytes - start);
            for (var i = length - 1; i >= 0; i--)
            {
                list.Append(value.Segments, (start + i) * 8, 8);
            }
        }

        return list.ToValue();
    }

    private static BitValue Combine(BitValue left, BitValue right, Action<BitList, BitSegment, UInt128> combine)
    {
        var list = new BitList();
        var width = Math.Min(left.Width, right.Width);
        for (var at = 0; at < width; at++)
        {
            var a = left.Slice(at, 1).Segments[0];
            var b = right.Slice(at, 1).Segments[0];
            if (b.Kind == SegmentKind.Constant)
            {
                combine(list, a, b.Bits);
            }
            else if (a.Kind == SegmentKind.Constant)
            {
                combine(list, b, a.Bits);
            }
            else
            {
                list.Append(BitSegment.Unknown(1, a.Why ?? b.Why ?? TwoFields));
            }
        }

        return list.ToValue();
    }

    private static UInt128 Take(ReadOnlySpan<byte> bytes, int at, int width) =>
        at + width <= bytes.Length * 8 ? BitValue.TakeBits(bytes, at, width) : UInt128.Zero;

    // Runs of kept and of cleared bits.
    private static void Mask(BitList list, BitSegment segment, UInt128 mask, UInt128 toggles)
    {
        for (var at = 0; at < segment.Width;)
        {
            var isKept = ((mask >> (segment.Width - 1 - at)) & 1) != 0;
            var end = at + 1;
            while (end < segment.Width && (((mask >> (segment.Width - 1 - end)) & 1) != 0) == isKept)
            {
                end++;
            }

            var width = end - at;
            var part = (toggles >> (segment.Width - end)) & BitSegment.Ones(width);
            var slice = segment.Slice(at, width);
            list.Append(isKept
                ? slice.Kind == SegmentKind.Unknown ? slice : slice with { Bits = slice.Bits ^ part }
                : BitSegment.Constant(part, width));
            at = end;
        }
    }
}
