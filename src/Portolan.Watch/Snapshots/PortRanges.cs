using System.Globalization;

namespace Portolan.Watch.Snapshots;

/// <summary>
/// A set of ports that takes as much memory as its text: ranges, ascending, with a gap between each two. A host has several, so a bit for
/// each port (<see cref="PortSet"/>, 8 KiB) would be too much. Never changes.
/// </summary>
public sealed class PortRanges
{
    private readonly (ushort First, ushort Last)[] _ranges;

    private PortRanges((ushort First, ushort Last)[] ranges)
    {
        _ranges = ranges;
        foreach (var (first, last) in ranges)
        {
            Count += last - first + 1;
        }
    }

    /// <summary>No port.</summary>
    public static PortRanges None { get; } = new([]);

    /// <summary>Every port, 0 to 65535.</summary>
    public static PortRanges All { get; } = new([(0, ushort.MaxValue)]);

    /// <summary>How many ports.</summary>
    public int Count { get; }

    /// <summary>Whether there is no port.</summary>
    public bool IsEmpty => _ranges.Length == 0;

    /// <summary>The ranges, ascending.</summary>
    public IReadOnlyList<(ushort First, ushort Last)> Ranges => _ranges;

    /// <summary>The lowest port; 0 when there is none.</summary>
    public PortNumber First => new(_ranges.Length == 0 ? (ushort)0 : _ranges[0].First);

    /// <summary>One port.</summary>
    public static PortRanges Of(PortNumber port) => new([(port.Value, port.Value)]);

    /// <summary>The ports from one to another.</summary>
    internal static PortRanges Of(ushort first, ushort last) => first <= last ? new([(first, last)]) : None;

    /// <summary>The ports of a set.</summary>
    public static PortRanges Of(PortSet set)
    {
        ArgumentNullException.ThrowIfNull(set);
        var ranges = new List<(ushort, ushort)>();
        foreach (var range in set.Ranges)
        {
            ranges.Add((range.First.Value, range.Last.Value));
        }

        return ranges.Count == 0 ? None : new PortRanges([.. ranges]);
    }

    /// <summary>Reads what <see cref="ToString"/> has written; of other text what can be read.</summary>
    internal static PortRanges Read(ReadOnlySpan<char> text)
    {
        var ranges = new List<(ushort, ushort)>();
        foreach (var part in text.Split(','))
        {
            var range = text[part];
            var dash = range.IndexOf('-');
            if (ushort.TryParse(dash < 0 ? range : range[..dash], CultureInfo.InvariantCulture, out var first)
                && ushort.TryParse(dash < 0 ? range : range[(dash + 1)..], CultureInfo.InvariantCulture, out var last) && first <= last)
            {
                ranges.Add((first, last));
            }
        }

        // Sorted and merged by the union, whatever the text was.
        return ranges.Count == 0 ? None : new PortRanges([ranges[0]]).Union(new PortRanges([.. ranges]));
    }

    /// <summary>Whether the port is in it.</summary>
    public bool Contains(PortNumber port)
    {
        var (low, high) = (0, _ranges.Length - 1);
        while (low <= high)
        {
            var middle = (low + high) / 2;
            if (port.Value < _ranges[middle].First)
            {
                high = middle - 1;
            }
            else if (port.Value > _ranges[middle].Last)
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

    /// <summary>The ports in both.</summary>
    public PortRanges Intersect(PortRanges other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (ReferenceEquals(this, other))
        {
            return this;
        }

        List<(ushort, ushort)>? both = null;
        for (var (i, j) = (0, 0); i < _ranges.Length && j < other._ranges.Length;)
        {
            var first = Math.Max(_ranges[i].First, other._ranges[j].First);
            var last = Math.Min(_ranges[i].Last, other._ranges[j].Last);
            if (first <= last)
            {
                (both ??= []).Add((first, last));
            }

            if (_ranges[i].Last < other._ranges[j].Last)
            {
                i++;
            }
            else
            {
                j++;
            }
        }

        return both is null ? None : new PortRanges([.. both]);
    }

    /// <summary>The ports of this set that the other has not.</summary>
    public PortRanges Except(PortRanges other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEmpty || other.IsEmpty)
        {
            return this;
        }

        var left = new List<(ushort, ushort)>();
        var j = 0;
        foreach (var (first, last) in _ranges)
        {
            var next = (int)first;
            while (j < other._ranges.Length && other._ranges[j].Last < first)
            {
                j++;
            }

            for (var k = j; k < other._ranges.Length && other._ranges[k].First <= last && next <= last; k++)
            {
                if (other._ranges[k].First > next)
                {
                    left.Add(((ushort)next, (ushort)(other._ranges[k].First - 1)));
                }

                next = Math.Max(next, other._ranges[k].Last + 1);
            }

            if (next <= last)
            {
                left.Add(((ushort)next, last));
            }
        }

        return left.Count == 0 ? None : new PortRanges([.. left]);
    }

    /// <summary>The ports in one of them.</summary>
    public PortRanges Union(PortRanges other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (IsEmpty || other.IsEmpty)
        {
            return IsEmpty ? other : this;
        }

        List<(ushort First, ushort Last)> all = [.. _ranges, .. other._ranges];
        all.Sort(static (a, b) => a.First.CompareTo(b.First));
        var merged = new List<(ushort First, ushort Last)>();
        foreach (var range in all)
        {
            if (merged.Count > 0 && range.First <= merged[^1].Last + 1)
            {
                merged[^1] = (merged[^1].First, Math.Max(merged[^1].Last, range.Last));
            }
            else
            {
                merged.Add(range);
            }
        }

        return new PortRanges([.. merged]);
    }

    /// <summary>The ports one by one, ascending.</summary>
    public IEnumerable<PortNumber> Ports()
    {
        foreach (var (first, last) in _ranges)
        {
            for (var port = (int)first; port <= last; port++)
            {
                yield return new PortNumber((ushort)port);
            }
        }
    }

    /// <summary>The grammar of <c>-p</c>: <c>22,80,8000-8100</c>.</summary>
    public override string ToString() => string.Join(',', _ranges.Select(static range => range.First == range.Last
        ? range.First.ToString(CultureInfo.InvariantCulture)
        : string.Create(CultureInfo.InvariantCulture, $"{range.First}-{range.Last}")));
}
