using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Reviewing;

/// <summary>The numbers that are in a set of nftables.</summary>
internal static class SetValues
{
    private const int LongestKey = 16;

    /// <summary>Those of a set of plain keys; <c>null</c> where they are not all known, or not the same a moment later.</summary>
    public static IntervalSet? Of(ElementSet set)
    {
        // What times out or what rules change is not the same a moment later.
        if (set.Fields.Count > 0 || set.KeyLength > LongestKey || set.IsPartial
            || (set.Flags & (SetFlags.Timeout | SetFlags.Evaluated | SetFlags.Concatenation | SetFlags.Map)) != 0
            || set.Elements.Any(e => e.Flags.HasFlag(SetElementFlags.CatchAll) || e.Key.Length != set.KeyLength))
        {
            return null;
        }

        return IntervalSet.From(set.Flags.HasFlag(SetFlags.Interval)
            ? Intervals(set, set.KeyLength * 8)
            : set.Elements.Select(e => new Interval(ByteText.Number(e.Key.Span), ByteText.Number(e.Key.Span))));
    }

    /// <summary>The intervals of keys: the kernel keeps where they begin, and where the next number is that is outside.</summary>
    /// <param name="set">A set of intervals with one part in its keys.</param>
    /// <param name="bits">Of a key, at most 128.</param>
    public static List<Interval> Intervals(ElementSet set, int bits)
    {
        var sorted = new List<(UInt128 Number, bool IsEnd)>(set.Elements.Count);
        foreach (var element in set.Elements)
        {
            if (!element.Flags.HasFlag(SetElementFlags.CatchAll))
            {
                sorted.Add((ByteText.Number(element.Key.Span), element.Flags.HasFlag(SetElementFlags.IntervalEnd)));
            }
        }

        sorted.Sort(static (a, b) => a.Number != b.Number ? a.Number.CompareTo(b.Number) : b.IsEnd.CompareTo(a.IsEnd));
        var intervals = new List<Interval>();
        for (var i = 0; i < sorted.Count; i++)
        {
            if (!sorted[i].IsEnd)
            {
                intervals.Add(new Interval(
                    sorted[i].Number, i + 1 < sorted.Count ? sorted[i + 1].Number - 1 : UInt128.MaxValue >> (128 - bits)));
            }
        }

        return intervals;
    }
}
