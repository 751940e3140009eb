using System.Diagnostics.CodeAnalysis;

namespace Portolan.Firewall.Intervals;

/// <summary>An immutable set of unsigned numbers of up to 128 bits, as sorted intervals that neither overlap nor touch.</summary>
/// <remarks>
/// Addresses, ports and every other field of a packet are such numbers (network order read as a number). Large sets share chunks of
/// intervals with those they were made from, so that taking little out of much costs little.
/// </remarks>
public sealed partial class IntervalSet : IEquatable<IntervalSet>
{
    private const int ChunkLength = 64;

    private readonly IntervalChunk[] _chunks;

    private IntervalSet(IntervalChunk[] chunks, int count)
    {
        _chunks = chunks;
        Count = count;
    }

    /// <summary>Nothing.</summary>
    public static IntervalSet Empty { get; } = new([], 0);

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => Count == 0;

    /// <summary>How many intervals it has.</summary>
    public int Count { get; }

    /// <summary>How many numbers are in it, roughly: 2^128 is not a number of 128 bits.</summary>
    public double Size
    {
        get
        {
            var sum = 0.0;
            foreach (var chunk in _chunks)
            {
                sum += chunk.Size;
            }

            return sum;
        }
    }

    /// <summary>The intervals in order.</summary>
    public IntervalList Intervals => new(_chunks, Count);

    /// <summary>What it is made of, in part shared with others.</summary>
    internal ReadOnlySpan<IntervalChunk> Chunks => _chunks;

    private UInt128 First => _chunks[0].First;

    private UInt128 Last => _chunks[^1].Last;

    /// <summary>Everything that fits into so many bits.</summary>
    public static IntervalSet All(int bits) => Of(UInt128.Zero, UInt128.MaxValue >> (128 - bits));

    /// <summary>One number.</summary>
    public static IntervalSet Of(UInt128 value) => Of(value, value);

    /// <summary>One interval; both ends are in it.</summary>
    public static IntervalSet Of(UInt128 first, UInt128 last) =>
        first <= last ? new([new IntervalChunk([new Interval(first, last)])], 1) : Empty;

    /// <summary>The numbers whose first bits are those of <paramref name="value"/>.</summary>
    /// <param name="value">The network.</param>
    /// <param name="length">How many bits count.</param>
    /// <param name="bits">How many bits there are.</param>
    public static IntervalSet Prefix(UInt128 value, int length, int bits)
    {
        var host = length >= bits ? UInt128.Zero : UInt128.MaxValue >> (128 - (bits - length));
        return Of(value & ~host, value | host);
    }

    /// <summary>From intervals in any order, which may overlap.</summary>
    public static IntervalSet From(IEnumerable<Interval> intervals)
    {
        return FromOwn(intervals.ToArray());
    }

    /// <summary>
    /// From intervals of which none starts before the one ahead of it. They are not kept all at once, so a long sequence needs no long
    /// array.
    /// </summary>
    public static IntervalSet FromOrdered(IEnumerable<Interval> intervals)
    {
        var builder = new IntervalBuilder();
        foreach (var interval in intervals)
        {
            builder.Add(interval);
        }

        return builder.ToSet();
    }

    /// <summary>From intervals in any order that nobody else needs any more: they are sorted in place.</summary>
    internal static IntervalSet FromOwn(Interval[] sorted)
    {
        var count = 0;
        var isSorted = true;
        foreach (var interval in sorted)
        {
            if (interval.First <= interval.Last)
            {
                isSorted = isSorted && (count == 0 || sorted[count - 1].First <= interval.First);
                sorted[count++] = interval;
            }
        }

        if (!isSorted)
        {
            sorted.AsSpan(0, count).Sort(static (a, b) => a.First.CompareTo(b.First));
        }

        return FromSorted(sorted.AsSpan(0, count));
    }

    /// <summary>Whether a number is in it.</summary>
    public bool Contains(UInt128 value)
    {
        if (Count == 0)
        {
            return false;
        }

        var chunk = _chunks[ChunkOf(value)].Items;
        var at = IndexIn(chunk, value);
        return at < chunk.Length && chunk[at].First <= value;
    }

    /// <summary>Whether the two share a number.</summary>
    public bool Overlaps(IntervalSet other)
    {
        var (small, large) = Count <= other.Count ? (this, other) : (other, this);
        foreach (var chunk in small._chunks)
        {
            foreach (var interval in chunk.Items)
            {
                if (large.Touches(interval))
                {
                    return true;
                }
            }
        }

        return false;
    }

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] IntervalSet? other)
    {
        if (ReferenceEquals(this, other))
        {
            return true;
        }

        if (other is null || Count != other.Count || (Count > 0 && (First != other.First || Last != other.Last)))
        {
            return false;
        }

        if (_chunks.Length == other._chunks.Length)
        {
            var isSame = true;
            for (var i = 0; i < _chunks.Length && isSame; i++)
            {
                isSame = ReferenceEquals(_chunks[i], other._chunks[i]);
            }

            if (isSame)
            {
                return true;
            }
        }

        return AreSame(_chunks, other._chunks);
    }

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as IntervalSet);

    /// <inheritdoc/>
    public override int GetHashCode() => Count == 0 ? 0 : HashCode.Combine(Count, First, Last);

    /// <summary>From chunks that are in order and touch nowhere.</summary>
    internal static IntervalSet FromChunks(IntervalChunk[] chunks, int count) => count == 0 ? Empty : new(chunks, count);

    private static bool AreSame(IntervalChunk[] left, IntervalChunk[] right)
    {
        var (a, i, b, j) = (0, 0, 0, 0);
        while (a < left.Length && b < right.Length)
        {
            if (i == 0 && j == 0 && ReferenceEquals(left[a], right[b]))
            {
                a++;
                b++;
                continue;
            }

            if (left[a].Items[i] != right[b].Items[j])
            {
                return false;
            }

            if (++i == left[a].Length)
            {
                (a, i) = (a + 1, 0);
            }

            if (++j == right[b].Length)
            {
                (b, j) = (b + 1, 0);
            }
        }

        return true;
    }

    /// <summary>The same set, with chunks that others in a pool have too.</summary>
    internal IntervalSet Pooled(IntervalPool pool)
    {
        IntervalChunk[]? chunks = null;
        for (var i = 0; i < _chunks.Length; i++)
        {
            var shared = pool.Share(_chunks[i]);
            if (!ReferenceEquals(shared, _chunks[i]))
            {
                chunks ??= _chunks.AsSpan().ToArray();
                chunks[i] = shared;
            }
        }

        return chunks is null ? this : new(chunks, Count);
    }

    // Joins what overlaps or touches, in place.
    private static IntervalSet FromSorted(Span<Interval> sorted)
    {
        var count = 0;
        foreach (var interval in sorted)
        {
            if (count > 0 && (sorted[count - 1].Last == UInt128.MaxValue || interval.First <= sorted[count - 1].Last + 1))
            {
                if (interval.Last > sorted[count - 1].Last)
                {
                    sorted[count - 1] = sorted[count - 1] with { Last = interval.Last };
                }
            }
            else
            {
                sorted[count++] = interval;
            }
        }

        return FromJoined(sorted[..count]);
    }

    private static IntervalSet FromJoined(ReadOnlySpan<Interval> intervals)
    {
        if (intervals.IsEmpty)
        {
            return Empty;
        }

        var chunks = new IntervalChunk[(intervals.Length + ChunkLength - 1) / ChunkLength];
        for (var i = 0; i < chunks.Length; i++)
        {
            var start = i * ChunkLength;
            chunks[i] = new(intervals[start..Math.Min(start + ChunkLength, intervals.Length)].ToArray());
        }

        return new(chunks, intervals.Length);
    }

    // The last chunk that starts at or before a number, or the first.
    private int ChunkOf(UInt128 value)
    {
        var (low, high) = (0, _chunks.Length - 1);
        while (low < high)
        {
            var middle = (low + high + 1) >>> 1;
            if (_chunks[middle].First <= value)
            {
                low = middle;
            }
            else
            {
                high = middle - 1;
            }
        }

        return low;
    }

    // The first interval of a chunk that does not end before a number.
    private static int IndexIn(ReadOnlySpan<Interval> chunk, UInt128 value)
    {
        var (low, high) = (0, chunk.Length);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            if (chunk[middle].Last < value)
            {
                low = middle + 1;
            }
            else
            {
                high = middle;
            }
        }

        return low;
    }

    private bool Touches(Interval interval)
    {
        if (Count == 0)
        {
            return false;
        }

        var at = ChunkOf(interval.First);
        var index = IndexIn(_chunks[at].Items, interval.First);
        if (index == _chunks[at].Length)
        {
            return at + 1 < _chunks.Length && _chunks[at + 1].First <= interval.Last;
        }

        return _chunks[at].Items[index].First <= interval.Last;
    }
}

/// <summary>Numbers from the first to the last, both included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last, not below the first.</param>
public readonly record struct Interval(UInt128 First, UInt128 Last);
