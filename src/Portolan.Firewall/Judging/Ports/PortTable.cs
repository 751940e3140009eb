namespace Portolan.Firewall.Judging.Ports;

/// <summary>What a table has for a port: an answer for each of its spans, and one for what lies in none.</summary>
internal sealed class PortTable : IPortQuestion
{
    private const int NotThere = -1;

    private readonly List<(PortStretch Span, int Answer)> _rows = [];
    private readonly Dictionary<int, int> _counts = [];

    /// <param name="rows">Numbers and their answers, in any order; they do not overlap. Those that are no ports are left out.</param>
    public PortTable(IEnumerable<(Interval Ports, int Answer)> rows)
    {
        foreach (var (ports, answer) in rows.OrderBy(static row => row.Ports.First))
        {
            if (ports.First <= ushort.MaxValue)
            {
                _counts[answer] = _counts.GetValueOrDefault(answer) + 1;
                _rows.Add((new PortStretch((ushort)ports.First, (ushort)UInt128.Min(ports.Last, ushort.MaxValue)), answer));
            }
        }
    }

    /// <summary>Whether a port is in a set.</summary>
    public static PortTable Of(IntervalSet ports) => new(ports.Intervals.Select(static interval => (interval, 0)));

    /// <summary>Which of some ports it is.</summary>
    public static PortTable Of(IEnumerable<UInt128> ports) => new(ports.Select(static port => (new Interval(port, port), (int)port)));

    public int Answer(ushort port, ref PortStretch span)
    {
        var at = PlaceOf(port);
        if (at < _rows.Count && _rows[at].Span.First <= port)
        {
            span = span.Beside(_rows[at].Span, port);
            return _rows[at].Answer;
        }

        var first = at == 0 ? ushort.MinValue : (ushort)(_rows[at - 1].Span.Last + 1);
        var last = at == _rows.Count ? ushort.MaxValue : (ushort)(_rows[at].Span.First - 1);
        span = span.Beside(new PortStretch(first, last), port);
        return NotThere;
    }

    public bool IsShared(int answer) => answer == NotThere || _counts[answer] > 1;

    // The first row that does not end before the port.
    private int PlaceOf(ushort port)
    {
        var (low, high) = (0, _rows.Count);
        while (low < high)
        {
            var middle = (low + high) >>> 1;
            (low, high) = _rows[middle].Span.Last < port ? (middle + 1, high) : (low, middle);
        }

        return low;
    }
}
