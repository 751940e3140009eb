using System.Collections;
using System.Numerics;

namespace Portolan.Model;

/// <content>Walking the members: ports, ranges, and the nearest to a port. Nothing here allocates but <see cref="Ranges"/> as an
/// interface.</content>
public sealed partial class PortSet : IEnumerable<PortNumber>
{
    /// <summary>The ports in ascending order.</summary>
    public Enumerator GetEnumerator() => new(this);

    IEnumerator<PortNumber> IEnumerable<PortNumber>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>The fewest ranges that cover exactly this set, ascending.</summary>
    public RangeSequence Ranges => new(this);

    /// <summary>The lowest port at or above <paramref name="from"/>.</summary>
    public bool TryNext(PortNumber from, out PortNumber port)
    {
        var found = Scan(from.Value, present: true);
        port = new PortNumber((ushort)(found < 0 ? 0 : found));
        return found >= 0;
    }

    /// <summary>The highest port at or below <paramref name="from"/>.</summary>
    public bool TryPrevious(PortNumber from, out PortNumber port)
    {
        var i = from.Value >> 6;
        var word = _words[i] & (ulong.MaxValue >> (63 - (from.Value & 63)));
        while (word == 0 && i > 0)
        {
            word = _words[--i];
        }

        port = new PortNumber(word == 0 ? (ushort)0 : (ushort)((i << 6) + BitOperations.Log2(word)));
        return word != 0;
    }

    /// <summary>The member closest to <paramref name="port"/>; of two equally close, the higher.</summary>
    public bool TryNearest(PortNumber port, out PortNumber nearest)
    {
        var above = TryNext(port, out nearest);
        if (TryPrevious(port, out var below) && (!above || port.Value - below.Value < nearest.Value - port.Value))
        {
            nearest = below;
            return true;
        }

        return above;
    }

    // The lowest port >= from whose membership is as asked, or -1.
    private int Scan(int from, bool present)
    {
        if (from >= PortNumber.Count)
        {
            return -1;
        }

        var flip = present ? 0UL : ulong.MaxValue;
        var i = from >> 6;
        var word = (_words[i] ^ flip) & (ulong.MaxValue << from);
        while (word == 0)
        {
            if (++i == WordCount)
            {
                return -1;
            }

            word = _words[i] ^ flip;
        }

        return (i << 6) + BitOperations.TrailingZeroCount(word);
    }

    /// <summary>Walks the ports in ascending order. Changing the set meanwhile is allowed; ports behind the walk are not seen.</summary>
    public struct Enumerator : IEnumerator<PortNumber>
    {
        private readonly PortSet _set;
        private int _next;

        internal Enumerator(PortSet set) => _set = set;

        /// <inheritdoc/>
        public PortNumber Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            var found = _set.Scan(_next, present: true);
            if (found < 0)
            {
                _next = PortNumber.Count;
                return false;
            }

            Current = new PortNumber((ushort)found);
            _next = found + 1;
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _next = 0;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }

    /// <summary>The ranges of a set.</summary>
    public readonly struct RangeSequence : IEnumerable<PortRange>, IEquatable<RangeSequence>
    {
        private readonly PortSet _set;

        internal RangeSequence(PortSet set) => _set = set;

        /// <summary>Walks the ranges in ascending order.</summary>
        public RangeEnumerator GetEnumerator() => new(_set);

        IEnumerator<PortRange> IEnumerable<PortRange>.GetEnumerator() => GetEnumerator();

        IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

        /// <inheritdoc/>
        public bool Equals(RangeSequence other) => _set == other._set;

        /// <inheritdoc/>
        public override bool Equals(object? obj) => obj is RangeSequence other && Equals(other);

        /// <inheritdoc/>
        public override int GetHashCode() => _set.GetHashCode();

        /// <summary>Whether both walk the same ranges.</summary>
        public static bool operator ==(RangeSequence left, RangeSequence right) => left.Equals(right);

        /// <summary>Whether they walk different ranges.</summary>
        public static bool operator !=(RangeSequence left, RangeSequence right) => !left.Equals(right);
    }

    /// <summary>Walks the ranges in ascending order.</summary>
    public struct RangeEnumerator : IEnumerator<PortRange>
    {
        private readonly PortSet _set;
        private int _next;

        internal RangeEnumerator(PortSet set) => _set = set;

        /// <inheritdoc/>
        public PortRange Current { get; private set; }

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            var first = _set.Scan(_next, present: true);
            if (first < 0)
            {
                _next = PortNumber.Count;
                return false;
            }

            var gap = _set.Scan(first, present: false);
            _next = gap < 0 ? PortNumber.Count : gap;
            Current = new PortRange(new PortNumber((ushort)first), new PortNumber((ushort)(_next - 1)));
            return true;
        }

        /// <inheritdoc/>
        public void Reset() => _next = 0;

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
