using System.Collections;

namespace Portolan.Firewall.Intervals;

/// <summary>The intervals of a set in order. A view: nothing is copied, so a set of many intervals is never in memory twice.</summary>
/// <remarks>
/// The first and the last are at hand; any other by its number is looked for from the front. Go through them with <c>foreach</c>.
/// </remarks>
public readonly struct IntervalList : IReadOnlyList<Interval>
{
    private readonly IntervalChunk[] _chunks;

    internal IntervalList(IntervalChunk[] chunks, int count)
    {
        (_chunks, Count) = (chunks, count);
    }

    /// <inheritdoc/>
    public int Count { get; }

    /// <inheritdoc/>
    public Interval this[int index]
    {
        get
        {
            ArgumentOutOfRangeException.ThrowIfNegative(index);
            ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, Count);
            if (index == Count - 1)
            {
                return _chunks[^1].Items[^1];
            }

            var at = 0;
            while (index >= _chunks[at].Length)
            {
                index -= _chunks[at++].Length;
            }

            return _chunks[at].Items[index];
        }
    }

    /// <summary>Goes through them.</summary>
    public Enumerator GetEnumerator() => new(_chunks);

    /// <summary>A copy.</summary>
    public Interval[] ToArray()
    {
        var result = new Interval[Count];
        var at = 0;
        foreach (var chunk in _chunks)
        {
            chunk.Items.CopyTo(result, at);
            at += chunk.Length;
        }

        return result;
    }

    /// <summary>Adds them all to a list.</summary>
    public void AddTo(List<Interval> list)
    {
        foreach (var chunk in _chunks)
        {
            list.AddRange(chunk.Items.AsSpan());
        }
    }

    IEnumerator<Interval> IEnumerable<Interval>.GetEnumerator() => GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    /// <summary>A place among the intervals.</summary>
    public struct Enumerator : IEnumerator<Interval>
    {
        private readonly IntervalChunk[] _chunks;
        private int _chunk;
        private int _index = -1;

        internal Enumerator(IntervalChunk[] chunks)
        {
            _chunks = chunks;
        }

        /// <inheritdoc/>
        public readonly Interval Current => _chunks[_chunk].Items[_index];

        readonly object IEnumerator.Current => Current;

        /// <inheritdoc/>
        public bool MoveNext()
        {
            if (_chunk < _chunks.Length && ++_index == _chunks[_chunk].Length)
            {
                _index = 0;
                _chunk++;
            }

            return _chunk < _chunks.Length;
        }

        /// <inheritdoc/>
        public void Reset() => (_chunk, _index) = (0, -1);

        /// <inheritdoc/>
        public readonly void Dispose()
        {
        }
    }
}
