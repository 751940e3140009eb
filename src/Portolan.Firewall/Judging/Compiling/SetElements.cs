using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The elements of a set as ranges of keys, made once for all queries.</summary>
internal sealed class SetElements
{
    private const int NumberLength = 16;

    private (Interval Key, SetElementExtra? Extra)[]? _numbers;
    private IntervalSet? _keys;

    public SetElements(ElementSet set)
    {
        Set = set;
        foreach (var element in set.Elements)
        {
            if ((element.Flags & SetElementFlags.CatchAll) != 0)
            {
                HasCatchAll = true;
                CatchAll = element.Extra;
            }
        }
    }

    public ElementSet Set { get; }

    /// <summary>Whether a key that no element has is found nevertheless.</summary>
    public bool HasCatchAll { get; }

    /// <summary>What the catch-all element gives.</summary>
    public SetElementExtra? CatchAll { get; }

    /// <summary>Whether keys are numbers of up to 128 bits without parts of their own.</summary>
    public bool HasNumbers => Set.KeyLength <= NumberLength && Set.Fields.Count == 0;

    /// <summary>The elements as ranges of numbers, in order; only when <see cref="HasNumbers"/>.</summary>
    public (Interval Key, SetElementExtra? Extra)[] Numbers => _numbers ??= ReadNumbers();

    /// <summary>The keys of all elements; only when <see cref="HasNumbers"/>.</summary>
    public IntervalSet Keys
    {
        get
        {
            if (_keys is null)
            {
                var intervals = new Interval[Numbers.Length];
                for (var i = 0; i < intervals.Length; i++)
                {
                    intervals[i] = Numbers[i].Key;
                }

                _keys = IntervalSet.From(intervals);
            }

            return _keys;
        }
    }

    private (Interval Key, SetElementExtra? Extra)[] ReadNumbers()
    {
        var ends = new List<Bound>(Set.Elements.Count);
        var isSorted = true;
        foreach (var element in Set.Elements)
        {
            if ((element.Flags & SetElementFlags.CatchAll) != 0 || element.Key.Length == 0 || element.Key.Length > NumberLength)
            {
                continue;
            }

            var isEnd = (element.Flags & SetElementFlags.IntervalEnd) != 0;
            var last = element.KeyEnd.Length is > 0 and <= NumberLength ? BitValue.Number(element.KeyEnd.Span) : (UInt128?)null;
            var bound = new Bound(BitValue.Number(element.Key.Span), isEnd, last, element.Extra);
            isSorted = isSorted && (ends.Count == 0 || Bound.Compare(ends[^1], bound) <= 0);
            ends.Add(bound);
        }

        if (!isSorted)
        {
            ends.Sort(Bound.Compare);
        }

        return (Set.Flags & SetFlags.Interval) != 0 ? Pair(ends) : Singles(ends);
    }

    private static (Interval Key, SetElementExtra? Extra)[] Singles(List<Bound> ends)
    {
        var result = new (Interval Key, SetElementExtra? Extra)[ends.Count];
        for (var i = 0; i < result.Length; i++)
        {
            result[i] = (new Interval(ends[i].Key, ends[i].Last ?? ends[i].Key), ends[i].Extra);
        }

        return result;
    }

    // An interval is a key and, on its own, the first key behind it; the last interval may have no end.
    private (Interval Key, SetElementExtra? Extra)[] Pair(List<Bound> ends)
    {
        var result = new List<(Interval Key, SetElementExtra? Extra)>((ends.Count / 2) + 1);
        Bound? open = null;
        foreach (var bound in ends)
        {
            if (open is { } start)
            {
                if (bound.Key > start.Key)
                {
                    result.Add((new Interval(start.Key, bound.Key - 1), start.Extra));
                }

                open = null;
            }

            if (bound.IsEnd)
            {
                continue;
            }

            if (bound.Last is { } last)
            {
                result.Add((new Interval(bound.Key, last), bound.Extra));
            }
            else
            {
                open = bound;
            }
        }

        if (open is { } unbounded)
        {
            result.Add((new Interval(unbounded.Key, BitSegment.Ones(Set.KeyLength * 8)), unbounded.Extra));
        }

        return [.. result];
    }

    private readonly record struct Bound(UInt128 Key, bool IsEnd, UInt128? Last, SetElementExtra? Extra)
    {
        // The end of one interval comes before the start of the next at the same key.
        public static int Compare(Bound a, Bound b)
        {
            var byKey = a.Key.CompareTo(b.Key);
            return byKey != 0 ? byKey : b.IsEnd.CompareTo(a.IsEnd);
        }
    }
}
