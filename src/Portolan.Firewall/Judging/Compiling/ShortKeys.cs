using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>
/// The keys of a set whose keys are short (IPv4 addresses, ports, marks) as numbers: read without anything else that elements have, for
/// such sets are the ones with a hundred thousand elements.
/// </summary>
internal static class ShortKeys
{
    // So that a key and one bit more fit into 64 bits.
    private const int MaximumLength = 7;

    /// <summary>The keys, or <c>null</c> where they are not of this kind.</summary>
    public static IntervalSet? TryRead(ElementSet set)
    {
        if (set.KeyLength > MaximumLength)
        {
            return null;
        }

        var isInterval = (set.Flags & SetFlags.Interval) != 0;
        var bounds = new ulong[set.Elements.Count];
        var count = 0;
        var (rises, falls) = (true, true);
        foreach (ref readonly var element in Span(set.Elements))
        {
            if ((element.Flags & SetElementFlags.CatchAll) != 0 || element.Key.Length == 0)
            {
                continue;
            }

            if (element.Key.Length != set.KeyLength || element.KeyEnd.Length != 0)
            {
                return null;
            }

            // The end of one interval comes before the start of the next at the same key.
            var isStart = !isInterval || (element.Flags & SetElementFlags.IntervalEnd) == 0;
            var bound = (Number(element.Key.Span) << 1) | (isStart ? 1u : 0u);
            bounds[count] = bound;
            if (count > 0)
            {
                rises &= bounds[count - 1] <= bound;
                falls &= bounds[count - 1] >= bound;
            }

            count++;
        }

        var sorted = bounds.AsSpan(0, count);
        if (!rises && falls)
        {
            sorted.Reverse();
        }
        else if (!rises)
        {
            sorted.Sort();
        }

        return isInterval ? Pair(sorted, BitSegment.Ones(set.KeyLength * 8)) : Singles(sorted);
    }

    private static ReadOnlySpan<SetElement> Span(IReadOnlyList<SetElement> elements) => elements as SetElement[] ?? [.. elements];

    private static ulong Number(ReadOnlySpan<byte> key)
    {
        var number = 0UL;
        foreach (var part in key)
        {
            number = (number << 8) | part;
        }

        return number;
    }

    private static IntervalSet Singles(ReadOnlySpan<ulong> bounds)
    {
        var builder = new IntervalBuilder();
        foreach (var bound in bounds)
        {
            builder.Add(new Interval(bound >> 1, bound >> 1));
        }

        return builder.ToSet();
    }

    // An interval is a key and, on its own, the first key behind it; the last interval may have no end.
    private static IntervalSet Pair(ReadOnlySpan<ulong> bounds, UInt128 highest)
    {
        var builder = new IntervalBuilder();
        ulong? open = null;
        foreach (var bound in bounds)
        {
            var key = bound >> 1;
            if (open is { } start && key > start)
            {
                builder.Add(new Interval(start, key - 1));
            }

            open = (bound & 1) != 0 ? key : null;
        }

        if (open is { } unbounded)
        {
            builder.Add(new Interval(unbounded, highest));
        }

        return builder.ToSet();
    }
}
