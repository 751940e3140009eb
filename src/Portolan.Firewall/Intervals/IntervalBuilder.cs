namespace Portolan.Firewall.Intervals;

/// <summary>Puts a set together from intervals in order and from whole chunks of other sets, which are shared.</summary>
/// <param name="expectedChunks">About how many chunks there will be.</param>
internal sealed class IntervalBuilder(int expectedChunks = 0)
{
    // A shorter chunk is copied, so that sets do not fall into crumbs.
    private const int ShortChunk = 16;
    private const int ChunkLength = 64;

    private readonly List<IntervalChunk> _chunks = new(expectedChunks);
    private Interval[] _pending = [];
    private int _length;
    private int _count;

    /// <summary>Adds an interval that starts behind all before; joined with the last when it touches it.</summary>
    public void Add(Interval interval)
    {
        if (_length > 0 && interval.First <= Above(_pending[_length - 1].Last))
        {
            ref var last = ref _pending[_length - 1];
            if (interval.Last > last.Last)
            {
                last = last with { Last = interval.Last };
            }

            return;
        }

        if (_length == 0 && _chunks.Count > 0 && interval.First <= Above(_chunks[^1].Last))
        {
            // The last interval of a shared chunk grows: the chunk is copied.
            var chunk = _chunks[^1];
            _chunks.RemoveAt(_chunks.Count - 1);
            _count -= chunk.Length;
            foreach (var copied in chunk.Items)
            {
                Push(copied);
            }

            Add(interval);
            return;
        }

        Push(interval);
    }

    /// <summary>Adds a whole chunk that starts behind all before.</summary>
    public void Add(IntervalChunk chunk)
    {
        var touches = _length > 0 ? chunk.First <= Above(_pending[_length - 1].Last)
            : _chunks.Count > 0 && chunk.First <= Above(_chunks[^1].Last);
        if (touches || chunk.Length < ShortChunk)
        {
            foreach (var interval in chunk.Items)
            {
                Add(interval);
            }

            return;
        }

        Flush();
        _chunks.Add(chunk);
        _count += chunk.Length;
    }

    public IntervalSet ToSet()
    {
        Flush();
        return IntervalSet.FromChunks([.. _chunks], _count);
    }

    private static UInt128 Above(UInt128 last) => last == UInt128.MaxValue ? last : last + 1;

    private void Push(Interval interval)
    {
        if (_length == _pending.Length && _length < 2 * ChunkLength)
        {
            // Most sets are small.
            Array.Resize(ref _pending, Math.Max(4, 2 * _length));
        }
        else if (_length == _pending.Length)
        {
            // Half stays, so that the chunk behind can still grow.
            _chunks.Add(new(_pending[..ChunkLength]));
            _count += ChunkLength;
            _pending.AsSpan(ChunkLength).CopyTo(_pending);
            _length = ChunkLength;
        }

        _pending[_length++] = interval;
    }

    private void Flush()
    {
        if (_length > 0)
        {
            _chunks.Add(new(_pending[.._length]));
            _count += _length;
            _length = 0;
        }
    }
}
