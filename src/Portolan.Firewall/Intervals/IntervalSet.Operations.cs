namespace Portolan.Firewall.Intervals;

/// <summary>Intersection, difference and union: chunks that an operation does not change are shared with the result.</summary>
public sealed partial class IntervalSet
{
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

        var result = Count >= other.Count ? Pick(other) : other.Pick(this);
        return result.Equals(this) ? this : result.Equals(other) ? other : result;
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

        if (other.Count == 1)
        {
            return Except(other._chunks[0].Items[0]);
        }

        var builder = new IntervalBuilder(_chunks.Length + 1);
        var isTouched = false;
        var at = new Cursor(other);
        foreach (var chunk in _chunks)
        {
            at.Seek(chunk.First);
            if (at.IsAtEnd || at.Current.First > chunk.Last)
            {
                builder.Add(chunk);
                continue;
            }

            if (IsApart(at, chunk))
            {
                builder.Add(chunk);
                continue;
            }

            foreach (var interval in chunk.Items)
            {
                isTouched |= Cut(interval, ref at, builder);
            }
        }

        return isTouched ? builder.ToSet() : this;
    }

    /// <summary>What is in either; the same object where one has it all.</summary>
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

        var builder = new IntervalBuilder();
        var (a, b) = (new Cursor(this), new Cursor(other));
        while (!a.IsAtEnd && !b.IsAtEnd)
        {
            if (a.Current.First <= b.Current.First)
            {
                a.TakeBefore(b.Current.First, builder);
            }
            else
            {
                b.TakeBefore(a.Current.First, builder);
            }
        }

        a.TakeRest(builder);
        b.TakeRest(builder);
        var result = builder.ToSet();
        return result.Equals(this) ? this : result.Equals(other) ? other : result;
    }

    /// <summary>
    /// What is in any of the sets: made in rounds of pairs, so that many small ones do not each copy what grew before them.
    /// </summary>
    public static IntervalSet UnionOf(IReadOnlyList<IntervalSet> sets)
    {
        if (sets.Count == 0)
        {
            return Empty;
        }

        IntervalSet[] round = [.. sets];
        for (var count = round.Length; count > 1; count = (count + 1) / 2)
        {
            for (var i = 0; i < count; i += 2)
            {
                round[i / 2] = i + 1 < count ? round[i].Union(round[i + 1]) : round[i];
            }
        }

        return round[0];
    }

    // The parts of this, the one with more intervals, that are in the other.
    private IntervalSet Pick(IntervalSet other)
    {
        var (from, to) = (ChunkOf(other.First), ChunkOf(other.Last));
        var builder = new IntervalBuilder(to - from + 1);
        var at = new Cursor(other);
        for (var i = from; i <= to; i++)
        {
            var chunk = _chunks[i];
            at.Seek(chunk.First);
            if (at.IsAtEnd)
            {
                break;
            }

            if (at.Current.First > chunk.Last)
            {
                continue;
            }

            if (Covers(at, chunk))
            {
                builder.Add(chunk);
                continue;
            }

            foreach (var interval in chunk.Items)
            {
                at.Seek(interval.First);
                while (!at.IsAtEnd && at.Current.First <= interval.Last)
                {
                    builder.Add(new Interval(UInt128.Max(at.Current.First, interval.First), UInt128.Min(at.Current.Last, interval.Last)));
                    if (at.Current.Last >= interval.Last)
                    {
                        break;
                    }

                    at.Next();
                }
            }
        }

        return builder.ToSet();
    }

    // Whether every interval of a chunk lies within one of a set: two sets with the same holes have most chunks in common.
    private static bool Covers(Cursor at, IntervalChunk chunk)
    {
        foreach (ref readonly var interval in chunk.Items.AsSpan())
        {
            at.Seek(interval.First);
            if (at.IsAtEnd || at.Current.First > interval.First || at.Current.Last < interval.Last)
            {
                return false;
            }
        }

        return true;
    }

    // Whether all of a set lies between the intervals of a chunk.
    private static bool IsApart(Cursor at, IntervalChunk chunk)
    {
        foreach (ref readonly var interval in chunk.Items.AsSpan())
        {
            at.Seek(interval.First);
            if (at.IsAtEnd)
            {
                return true;
            }

            if (at.Current.First <= interval.Last)
            {
                return false;
            }
        }

        return true;
    }

    private static bool Cut(Interval interval, ref Cursor holes, IntervalBuilder builder)
    {
        var first = interval.First;
        var isTouched = false;
        holes.Seek(first);
        while (!holes.IsAtEnd && holes.Current.First <= interval.Last)
        {
            isTouched = true;
            if (holes.Current.First > first)
            {
                builder.Add(new Interval(first, holes.Current.First - 1));
            }

            if (holes.Current.Last >= interval.Last)
            {
                return true;
            }

            first = holes.Current.Last + 1;
            holes.Next();
        }

        builder.Add(interval with { First = first });
        return isTouched;
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
            foreach (var interval in at == from || at == to ? _chunks[at].Items : [])
            {
                Cut(interval, hole, left);
            }
        }

        // One chunk, or two halves of one that has become too long.
        IntervalChunk[] made = left.Count == 0 ? []
            : left.Count <= 2 * ChunkLength ? [new([.. left])]
            : [new([.. left[..(left.Count / 2)]]), new([.. left[(left.Count / 2)..]])];
        var chunks = new IntervalChunk[_chunks.Length - (to - from + 1) + made.Length];
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

    // A place in a set's intervals that only moves on.
    private struct Cursor
    {
        private readonly IntervalChunk[] _chunks;
        private int _chunk;
        private int _index;

        public Cursor(IntervalSet set)
        {
            _chunks = set._chunks;
        }

        public readonly bool IsAtEnd => _chunk >= _chunks.Length;

        public readonly ref readonly Interval Current => ref _chunks[_chunk].Items[_index];

        public void Next()
        {
            if (++_index == _chunks[_chunk].Length)
            {
                _index = 0;
                _chunk++;
            }
        }

        /// <summary>Goes on to the first interval that does not end before a number.</summary>
        public void Seek(UInt128 number)
        {
            if (IsAtEnd || Current.Last >= number)
            {
                return;
            }

            if (_chunks[_chunk].Last < number)
            {
                // In the chunks behind: the first that does not end before.
                var (low, high) = (_chunk + 1, _chunks.Length);
                while (low < high)
                {
                    var middle = (low + high) >>> 1;
                    if (_chunks[middle].Last < number)
                    {
                        low = middle + 1;
                    }
                    else
                    {
                        high = middle;
                    }
                }

                (_chunk, _index) = (low, 0);
                if (IsAtEnd)
                {
                    return;
                }
            }

            // Two large sets that are taken apart often go on in step.
            var items = _chunks[_chunk].Items;
            if (_index + 1 < items.Length && items[_index + 1].Last >= number && items[_index].Last < number)
            {
                _index++;
                return;
            }

            _index = IndexIn(items, number);
        }

        /// <summary>Gives intervals that start before a number, or at it, to a builder: at least the current one.</summary>
        public void TakeBefore(UInt128 number, IntervalBuilder builder)
        {
            if (_index == 0 && _chunks[_chunk].Items[^1].First <= number)
            {
                builder.Add(_chunks[_chunk++]);
                return;
            }

            var chunk = _chunks[_chunk].Items;
            while (_index < chunk.Length && chunk[_index].First <= number)
            {
                builder.Add(chunk[_index++]);
            }

            if (_index == chunk.Length)
            {
                _index = 0;
                _chunk++;
            }
        }

        /// <summary>Gives all that is left to a builder.</summary>
        public void TakeRest(IntervalBuilder builder)
        {
            while (!IsAtEnd)
            {
                TakeBefore(UInt128.MaxValue, builder);
            }
        }
    }
}
