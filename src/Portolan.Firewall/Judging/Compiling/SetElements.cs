using Portolan.Firewall.Judging.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Judging.Compiling;

/// <summary>The elements of a set as ranges of keys, made once for all queries.</summary>
internal sealed class SetElements
{
    private const int NumberLength = 16;

    private Interval[]? _numbers;
    private SetElementExtra?[] _extras = [];
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
    public ReadOnlySpan<Interval> Numbers => _numbers ??= ReadNumbers();

    /// <summary>What each of <see cref="Numbers"/> has besides its key.</summary>
    public ReadOnlySpan<SetElementExtra?> Extras
    {
        get
        {
            _ = Numbers;
            return _extras;
        }
    }

    /// <summary>The keys of all elements; only when <see cref="HasNumbers"/>.</summary>
    public IntervalSet Keys => _keys ??= ShortKeys.TryRead(Set) ?? IntervalSet.FromOwn(Numbers.ToArray());

    // The kernel lists an interval set from its highest key down, or from the lowest up: only what is in no order has to be sorted.
    private Interval[] ReadNumbers()
    {
        var bounds = new Bound[Set.Elements.Count];
        var count = 0;
        var (rises, falls) = (true, true);
        foreach (var element in Set.Elements)
        {
            if ((element.Flags & SetElementFlags.CatchAll) != 0 || element.Key.Length == 0 || element.Key.Length > NumberLength)
            {
                continue;
            }

            var isEnd = (element.Flags & SetElementFlags.IntervalEnd) != 0;
            var hasLast = element.KeyEnd.Length is > 0 and <= NumberLength;
            var last = hasLast ? BitValue.Number(element.KeyEnd.Span) : UInt128.Zero;
            bounds[count] = new Bound(BitValue.Number(element.Key.Span), last, element.Extra, isEnd, hasLast);
            if (count > 0)
            {
                var order = Bound.Compare(bounds[count - 1], bounds[count]);
                rises &= order <= 0;
                falls &= order >= 0;
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
            sorted.Sort(Bound.Compare);
        }

        var result = new Interval[count];
        _extras = new SetElementExtra?[count];
        count = (Set.Flags & SetFlags.Interval) != 0 ? Pair(sorted, result) : Singles(sorted, result);
        Array.Resize(ref result, count);
        return result;
    }

    private int Singles(ReadOnlySpan<Bound> bounds, Interval[] result)
    {
        for (var i = 0; i < bounds.Length; i++)
        {
            ref readonly var bound = ref bounds[i];
            result[i] = new Interval(bound.Key, bound.HasLast ? bound.Last : bound.Key);
            _extras[i] = bound.Extra;
        }

        return bounds.Length;
    }

    // An interval is a key and, on its own, the first key behind it; the last interval may have no end.
    private int Pair(ReadOnlySpan<Bound> bounds, Interval[] result)
    {
        var count = 0;
        var open = -1;
        for (var i = 0; i < bounds.Length; i++)
        {
            ref readonly var bound = ref bounds[i];
            if (open >= 0)
            {
                if (bound.Key > bounds[open].Key)
                {
                    Put(new Interval(bounds[open].Key, bound.Key - 1), bounds[open].Extra);
                }

                open = -1;
            }

            if (bound.IsEnd)
            {
                continue;
            }

            if (bound.HasLast)
            {
                Put(new Interval(bound.Key, bound.Last), bound.Extra);
            }
            else
            {
                open = i;
            }
        }

        if (open >= 0)
        {
            Put(new Interval(bounds[open].Key, BitSegment.Ones(Set.KeyLength * 8)), bounds[open].Extra);
        }

        return count;

        void Put(Interval key, SetElementExtra? extra)
        {
            result[count] = key;
            _extras[count++] = extra;
        }
    }

    private readonly record struct Bound(UInt128 Key, UInt128 Last, SetElementExtra? Extra, bool IsEnd, bool HasLast)
    {
        // The end of one interval comes before the start of the next at the same key.
        public static int Compare(Bound a, Bound b)
        {
            var byKey = a.Key.CompareTo(b.Key);
            return byKey != 0 ? byKey : b.IsEnd.CompareTo(a.IsEnd);
        }
    }
}
