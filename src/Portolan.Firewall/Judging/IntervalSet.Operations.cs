namespace Portolan.Firewall.Judging;

/// <summary>Intersection, difference and union.</summary>
public sealed partial class IntervalSet
{
    // A set of so many times fewer intervals is looked up in the other instead of walking both.
    private const int Imbalance = 16;
    private const int FewHoles = 8;

    /// <summary>What is in both; the same object where that is all of one.</summary>
    public IntervalSet Intersect(IntervalSet other)
    {
        if (ReferenceEquals(this, other) || Count == 0)
        {
            return this;
        }

        if (other.Count == 0 || other.Last < First || Last < other.First)
        {
            return Empty;
        }

        if (other.Count == 1 && other.First <= First && other.Last >= Last)
        {
            return this;
        }

        if (Count == 1 && First <= other.First && Last >= other.Last)
        {
            return other;
        }

        var result = new List<Interval>();
        if (Count / Imbalance >= other.Count)
        {
            Pick(other, result);
        }
        else if (other.Count / Imbalance >= Count)
        {
            other.Pick(this, result);
        }
        else
        {
            Walk(Intervals, other.Intervals, result);
        }

        return Same(result, this) ? this : Same(result, other) ? other : FromJoined(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(result));
    }

    /// <summary>What is in this and not in the other; the same object where that is all of it.</summary>
    public IntervalSet Except(IntervalSet other)
    {
        if (Count == 0 || other.Count == 0 || other.Last < First || Last < other.First)
        {
            return this;
        }

        if (ReferenceEquals(this, other))
        {
            return Empty;
        }

        if (other.Count <= FewHoles && Count > ChunkLength)
        {
            var rest = this;
            foreach (var hole in other.Intervals)
            {
                rest = rest.Except(hole);
            }

            return rest;
        }

        return Subtract(other);
    }

    /// <summary>What is in either.</summary>
    public IntervalSet Union(IntervalSet other)
    {
        if (other.Count == 0 || ReferenceEquals(this, other))
        {
            return this;
        }

        if (Count == 0)
        {
            return other;
        }

        var a = Intervals;
        var b = other.Intervals;
        var merged = new Interval[a.Length + b.Length];
        var (i, j) = (0, 0);
        for (var at = 0; at < merged.Length; at++)
        {
            merged[at] = j == b.Length || (i < a.Length && a[i].First <= b[j].First) ? a[i++] : b[j++];
        }

        var result = FromSorted(merged);
        return result.Equals(this) ? this : result.Equals(other) ? other : result;
    }

    private static bool Same(List<Interval> found, IntervalSet set) =>
        found.Count == set.Count && (found.Count == 0 || (found[0].First == set.First && found[^1].Last == set.Last))
        && System.Runtime.InteropServices.CollectionsMarshal.AsSpan(found).SequenceEqual(set.Intervals);

    // The parts of the few that are here.
    private void Pick(IntervalSet few, List<Interval> result)
    {
        foreach (var wanted in few.Intervals)
        {
            var at = ChunkOf(wanted.First);
            var index = IndexIn(_chunks[at], wanted.First);
            for (; at < _chunks.Length; at++, index = 0)
            {
                var chunk = _chunks[at];
                for (; index < chunk.Length && chunk[index].First <= wanted.Last; index++)
                {
                    result.Add(new Interval(UInt128.Max(chunk[index].First, wanted.First), UInt128.Min(chunk[index].Last, wanted.Last)));
                }

                if (index < chunk.Length)
                {
                    break;
                }
            }
        }
    }

    private static void Walk(ReadOnlySpan<Interval> left, ReadOnlySpan<Interval> right, List<Interval> result)
    {
        var (i, j) = (0, 0);
        while (i < left.Length && j < right.Length)
        {
            var (a, b) = (left[i], right[j]);
            var first = UInt128.Max(a.First, b.First);
            var last = UInt128.Min(a.Last, b.Last);
            if (first <= last)
            {
                result.Add(new Interval(first, last));
            }

            if (a.Last < b.Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }
    }

    // Only the chunks around the hole are made anew.
    private IntervalSet Except(Interval hole)
    {
        if (!Touches(hole))
        {
            return this;
        }

        var from = ChunkOf(hole.First);
        var to = ChunkOf(hole.Last);
        var left = new List<Interval>();
        var removed = 0;
        for (var at = from; at <= to; at++)
        {
            removed += _chunks[at].Length;
            foreach (var interval in _chunks[at])
            {
                Cut(interval, hole, left);
            }
        }

        // One chunk, or two halves of one that has become too long.
        Interval[][] made = left.Count == 0 ? []
            : left.Count <= 2 * ChunkLength ? [[.. left]]
            : [[.. left[..(left.Count / 2)]], [.. left[(left.Count / 2)..]]];
        var chunks = new Interval[_chunks.Length - (to - from + 1) + made.Length][];
        if (chunks.Length == 0)
        {
            return Empty;
        }

        _chunks.AsSpan(0, from).CopyTo(chunks);
        made.CopyTo(chunks, from);
        _chunks.AsSpan(to + 1).CopyTo(chunks.AsSpan(from + made.Length));
        return new(chunks, Count - removed + left.Count);
    }

    private static void Cut(Interval interval, Interval hole, List<Interval> left)
    {
        if (hole.First > interval.Last || hole.Last < interval.First)
        {
            left.Add(interval);
            return;
        }

        if (hole.First > interval.First)
        {
            left.Add(interval with { Last = hole.First - 1 });
        }

        if (hole.Last < interval.Last)
        {
            left.Add(interval with { First = hole.Last + 1 });
        }
    }

    private IntervalSet Subtract(IntervalSet other)
    {
        var result = new List<Interval>(Count);
        var holes = other.Intervals;
        var j = 0;
        var isTouched = false;
        foreach (var interval in Intervals)
        {
            var first = interval.First;
            var isGone = false;
            while (j < holes.Length && holes[j].Last < first)
            {
                j++;
            }

            for (var k = j; k < holes.Length && holes[k].First <= interval.Last; k++)
            {
                isTouched = true;
                if (holes[k].First > first)
                {
                    result.Add(new Interval(first, holes[k].First - 1));
                }

                if (holes[k].Last >= interval.Last)
                {
                    isGone = true;
                    break;
                }

                first = holes[k].Last + 1;
            }

            if (!isGone)
            {
                result.Add(interval with { First = first });
            }
        }

        return isTouched ? FromJoined(System.Runtime.InteropServices.CollectionsMarshal.AsSpan(result)) : this;
    }
}
