namespace Portolan.Firewall.Judging.Values;

/// <summary>Gathers segments into a value; what continues each other becomes one.</summary>
internal struct BitList
{
    private readonly List<BitSegment> _segments;

    public BitList()
    {
        _segments = [];
    }

    public readonly void Append(BitSegment segment)
    {
        if (segment.Width == 0)
        {
            return;
        }

        if (_segments.Count > 0 && _segments[^1].TryJoin(segment, out var joined))
        {
            _segments[^1] = joined;
        }
        else
        {
            _segments.Add(segment);
        }
    }

    /// <summary>Appends bits of other segments.</summary>
    /// <param name="segments">The segments.</param>
    /// <param name="skip">Bits to leave out in front.</param>
    /// <param name="width">Bits to take.</param>
    public readonly void Append(ReadOnlySpan<BitSegment> segments, int skip, int width)
    {
        foreach (var segment in segments)
        {
            if (width == 0)
            {
                return;
            }

            if (skip >= segment.Width)
            {
                skip -= segment.Width;
                continue;
            }

            var take = Math.Min(width, segment.Width - skip);
            Append(segment.Slice(skip, take));
            skip = 0;
            width -= take;
        }
    }

    public readonly BitValue ToValue() => new([.. _segments]);
}
