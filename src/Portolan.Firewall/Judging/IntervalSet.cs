using System.Diagnostics.CodeAnalysis;

namespace Portolan.Firewall.Judging;

/// <summary>An immutable set of unsigned numbers of up to 128 bits, as sorted intervals that neither overlap nor touch.</summary>
/// <remarks>Addresses, ports and every other field of a packet are such numbers (network order read as a number).</remarks>
public sealed class IntervalSet : IEquatable<IntervalSet>
{
    private readonly Interval[] _intervals;

    private IntervalSet(Interval[] intervals) => _intervals = intervals;

    /// <summary>Nothing.</summary>
    public static IntervalSet Empty { get; } = new([]);

    /// <summary>Whether nothing is in it.</summary>
    public bool IsEmpty => _intervals.Length == 0;

    /// <summary>The intervals in order.</summary>
    public ReadOnlySpan<Interval> Intervals => _intervals;

    /// <summary>How many intervals it has.</summary>
    public int Count => _intervals.Length;

    /// <summary>Everything that fits into so many bits.</summary>
    public static IntervalSet All(int bits) => Of(UInt128.Zero, UInt128.MaxValue >> (128 - bits));

    /// <summary>One number.</summary>
    public static IntervalSet Of(UInt128 value) => Of(value, value);

    /// <summary>One interval; both ends are in it.</summary>
    public static IntervalSet Of(UInt128 first, UInt128 last) => first <= last ? new([new Interval(first, last)]) : Empty;

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
        var sorted = intervals.Where(i => i.First <= i.Last).ToArray();
        if (sorted.Length == 0)
        {
            return Empty;
        }

        Array.Sort(sorted, static (a, b) => a.First.CompareTo(b.First));
        var count = 0;
        foreach (var interval in sorted)
        {
            if (count > 0 && (sorted[count - 1].Last == UInt128.MaxValue || interval.First <= sorted[count - 1].Last + 1))
            {
                sorted[count - 1] = sorted[count - 1] with { Last = UInt128.Max(sorted[count - 1].Last, interval.Last) };
            }
            else
            {
                sorted[count++] = interval;
            }
        }

        return new(sorted[..count]);
    }

    /// <summary>Whether a number is in it.</summary>
    public bool Contains(UInt128 value)
    {
        var (low, high) = (0, _intervals.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (value < _intervals[middle].First)
            {
                high = middle - 1;
            }
            else if (value > _intervals[middle].Last)
            {
                low = middle + 1;
            }
            else
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>What is in both.</summary>
    public IntervalSet Intersect(IntervalSet other)
    {
        if (ReferenceEquals(this, other))
        {
            return this;
        }

        var result = new List<Interval>();
        var (i, j) = (0, 0);
        while (i < _intervals.Length && j < other._intervals.Length)
        {
            var (a, b) = (_intervals[i], other._intervals[j]);
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

        return result.Count == 0 ? Empty : new([.. result]);
    }

    /// <summary>What is in this and not in the other.</summary>
    public IntervalSet Except(IntervalSet other)
    {
        var result = new List<Interval>();
        var j = 0;
        foreach (var interval in _intervals)
        {
            var first = interval.First;
            var isDone = false;
            while (j < other._intervals.Length && other._intervals[j].Last < first)
            {
                j++;
            }

            for (var k = j; k < other._intervals.Length && other._intervals[k].First <= interval.Last; k++)
            {
                var hole = other._intervals[k];
                if (hole.First > first)
                {
                    result.Add(new Interval(first, hole.First - 1));
                }

                if (hole.Last >= interval.Last)
                {
                    isDone = true;
                    break;
                }

                first = hole.Last + 1;
            }

            if (!isDone)
            {
                result.Add(interval with { First = first });
            }
        }

        return result.Count == 0 ? Empty : new([.. result]);
    }

    /// <summary>What is in either.</summary>
    public IntervalSet Union(IntervalSet other) =>
        IsEmpty ? other : other.IsEmpty ? this : From([.. _intervals, .. other._intervals]);

    /// <summary>Whether the two share a number.</summary>
    public bool Overlaps(IntervalSet other) => !Intersect(other).IsEmpty;

    /// <inheritdoc/>
    public bool Equals([NotNullWhen(true)] IntervalSet? other) => other is not null && _intervals.AsSpan().SequenceEqual(other._intervals);

    /// <inheritdoc/>
    public override bool Equals([NotNullWhen(true)] object? obj) => Equals(obj as IntervalSet);

    /// <inheritdoc/>
    public override int GetHashCode() => _intervals.Length == 0 ? 0 : HashCode.Combine(_intervals.Length, _intervals[0], _intervals[^1]);
}

/// <summary>Numbers from the first to the last, both included.</summary>
/// <param name="First">The first.</param>
/// <param name="Last">The last, not below the first.</param>
public readonly record struct Interval(UInt128 First, UInt128 Last);
