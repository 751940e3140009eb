namespace Portolan.Sockets.Filtering.Predicates;

/// <summary>A set of ports as sorted ranges with gaps between them: what the kernel's bytecode compares, and quick to search.</summary>
internal sealed class SortedPortRanges
{
    private readonly PortRange[] _ranges;

    private SortedPortRanges(PortRange[] ranges) => _ranges = ranges;

    /// <summary>No port.</summary>
    public static SortedPortRanges None { get; } = new([]);

    /// <summary>The ranges, ascending.</summary>
    public ReadOnlySpan<PortRange> Ranges => _ranges;

    /// <summary>Whether it has no port.</summary>
    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>Whether it has every port.</summary>
    public bool IsFull => _ranges is [{ First.Value: 0, Last.Value: ushort.MaxValue }];

    /// <summary>The union of ranges in any order.</summary>
    public static SortedPortRanges Of(IEnumerable<PortRange> ranges)
    {
        var merged = new List<PortRange>();
        foreach (var range in ranges.OrderBy(static r => r.First.Value))
        {
            if (merged.Count > 0 && range.First.Value <= merged[^1].Last.Value + 1)
            {
                merged[^1] = new PortRange(merged[^1].First, range.Last > merged[^1].Last ? range.Last : merged[^1].Last);
            }
            else
            {
                merged.Add(range);
            }
        }

        return new([.. merged]);
    }

    /// <summary>The ports from one number to another; none when they run backwards.</summary>
    public static SortedPortRanges Between(int first, int last) =>
        first > last ? None : new([new PortRange(new PortNumber((ushort)first), new PortNumber((ushort)last))]);

    /// <summary>Whether the port is in the set.</summary>
    public bool Contains(ushort port)
    {
        int low = 0, high = _ranges.Length - 1;
        while (low <= high)
        {
            var middle = (low + high) >>> 1;
            if (port < _ranges[middle].First.Value)
            {
                high = middle - 1;
            }
            else if (port > _ranges[middle].Last.Value)
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

    /// <summary>Every other port.</summary>
    public SortedPortRanges Complement()
    {
        var result = new List<PortRange>(_ranges.Length + 1);
        var next = 0;
        foreach (var range in _ranges)
        {
            result.AddRange(Between(next, range.First.Value - 1)._ranges);
            next = range.Last.Value + 1;
        }

        result.AddRange(Between(next, ushort.MaxValue)._ranges);
        return new([.. result]);
    }

    /// <summary>The set without port 0, which stands for "no port".</summary>
    public SortedPortRanges WithoutZero() =>
        _ranges is [{ First.Value: 0 } first, ..] ? new([.. Between(1, first.Last.Value)._ranges, .. _ranges[1..]]) : this;

    /// <summary>A set of at most <paramref name="count"/> ranges that contains this one: all but the widest gaps are filled.</summary>
    public SortedPortRanges Coarsen(int count)
    {
        if (_ranges.Length <= count)
        {
            return this;
        }

        var starts = Enumerable.Range(1, _ranges.Length - 1)
            .OrderByDescending(i => _ranges[i].First.Value - _ranges[i - 1].Last.Value)
            .Take(count - 1)
            .Order()
            .Prepend(0)
            .ToArray();
        return new([.. starts.Select((start, i) =>
            new PortRange(_ranges[start].First, _ranges[i + 1 < starts.Length ? starts[i + 1] - 1 : _ranges.Length - 1].Last))]);
    }
}
