using System.Numerics;
using Portolan.Firewall.Judging.Ports;

namespace Portolan.Firewall.Judging.Steps;

/// <summary>A test of one field: the numbers in a set, or those with certain bits.</summary>
internal sealed class FieldCondition : IPortQuestion
{
    // A set of more intervals than that costs more than it tells.
    private const int MaximumFreeBits = 15;

    private readonly UInt128 _mask;
    private readonly UInt128 _value;
    private readonly int _width;
    private IntervalSet? _set;
    private bool _isSetTried;
    private PortTable? _ports;

    private FieldCondition(IntervalSet? set, UInt128 mask, UInt128 value, int width)
    {
        _set = set;
        _isSetTried = set is not null;
        _mask = mask;
        _value = value;
        _width = width;
        Range = set is { Count: 1 } ? set.Intervals[0] : null;
    }

    private FieldCondition(Interval range) => Range = range;

    /// <summary>The numbers, where they are one interval.</summary>
    public Interval? Range { get; }

    /// <summary>The numbers in a set.</summary>
    public static FieldCondition In(IntervalSet set) => new(set, 0, 0, 0);

    /// <summary>The numbers that have <paramref name="value"/> where <paramref name="mask"/> has ones.</summary>
    public static FieldCondition Bits(UInt128 mask, UInt128 value, int width)
    {
        var host = ~mask & Values.BitSegment.Ones(width);

        // A mask in front is a prefix: one interval.
        return (host & (host + 1)) == 0 ? new(new Interval(value, value | host)) : new(null, mask, value, width);
    }

    public bool Holds(UInt128 number) => Range is { } range ? number >= range.First && number <= range.Last
        : _isSetTried && _set is not null ? _set.Contains(number)
        : (number & _mask) == _value;

    /// <summary>The numbers that hold; <c>null</c> when they are too many pieces to list.</summary>
    public IntervalSet? Set
    {
        get
        {
            if (!_isSetTried)
            {
                _set = Range is { } range ? IntervalSet.Of(range.First, range.Last) : List();
                _isSetTried = true;
            }

            return _set;
        }
    }

    int IPortQuestion.Answer(ushort port, ref PortStretch span)
    {
        if (Range is { } range)
        {
            span = range.First > ushort.MaxValue
                ? span
                : span.Beside(new PortStretch((ushort)range.First, (ushort)UInt128.Min(range.Last, ushort.MaxValue)), port);
        }
        else if (Set is { } set)
        {
            _ = (_ports ??= PortTable.Of(set)).Answer(port, ref span);
        }
        else
        {
            span = PortStretch.Of(port);
        }

        return Holds(port) ? 1 : 0;
    }

    private IntervalSet? List()
    {
        var tail = (int)UInt128.TrailingZeroCount(_mask);
        var free = _width - tail - (int)UInt128.PopCount(_mask);
        if (free > MaximumFreeBits)
        {
            return null;
        }

        var places = new int[free];
        var count = 0;
        for (var bit = tail; bit < _width; bit++)
        {
            if (((_mask >> bit) & 1) == 0)
            {
                places[count++] = bit;
            }
        }

        var last = Values.BitSegment.Ones(tail);
        var intervals = new List<Interval>(1 << free);
        for (var pattern = 0u; pattern < 1u << free; pattern++)
        {
            var first = _value;
            for (var rest = pattern; rest != 0; rest &= rest - 1)
            {
                first |= UInt128.One << places[BitOperations.TrailingZeroCount(rest)];
            }

            intervals.Add(new Interval(first, first | last));
        }

        return IntervalSet.From(intervals);
    }
}
