namespace Portolan.Firewall.Intervals;

/// <summary>
/// Intervals of a set behind each other: sets made from one another share them, so what was found out about one is found out once.
/// </summary>
/// <param name="items">The intervals, at least one; they do not change any more.</param>
internal sealed class IntervalChunk(Interval[] items)
{
    private double _size = double.NaN;

    /// <summary>The intervals.</summary>
    public Interval[] Items => items;

    /// <summary>How many there are.</summary>
    public int Length => items.Length;

    /// <summary>The lowest number.</summary>
    public UInt128 First => items[0].First;

    /// <summary>The highest number.</summary>
    public UInt128 Last => items[^1].Last;

    /// <summary>How many numbers are in it, roughly. Two threads may both count: they come to the same.</summary>
    public double Size => double.IsNaN(_size) ? _size = Count() : _size;

    private double Count()
    {
        var sum = 0.0;
        foreach (ref readonly var interval in items.AsSpan())
        {
            // Nearly always few numbers: a whole number of 128 bits is slow to turn into another kind.
            var above = interval.Last - interval.First;
            sum += (above >> 64) == UInt128.Zero ? (double)(ulong)above + 1 : (double)above + 1;
        }

        return sum;
    }
}
