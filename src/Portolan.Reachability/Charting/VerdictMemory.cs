using Portolan.Reachability.Judging;
using Portolan.Sockets.Chart;

namespace Portolan.Reachability.Charting;

/// <summary>
/// The verdicts of one reading of this network namespace for the next one: they hold as long as its rules and its routing stay as they are
/// (<see cref="SameFirewall"/>). For those who read a machine again and again.
/// </summary>
/// <remarks>
/// A verdict is kept that follows from the rules, the routing and the row's own binds alone: not where packets are translated, which end at
/// other sockets, nor where one depends on what is not known. For one reading at a time.
/// </remarks>
public sealed class VerdictMemory
{
    private Dictionary<ChartRow, ChartRow> _last = new(ByBinds.Instance);
    private Dictionary<ChartRow, ChartRow> _now = new(ByBinds.Instance);

    /// <summary>The rules and the routing of the last reading; <c>null</c> before the first.</summary>
    public FirewallReading? Reading { get; private set; }

    /// <summary>Begins a reading: what it does not ask for is forgotten with the next one.</summary>
    /// <param name="reading">The rules and the routing as they are now.</param>
    /// <returns>The same rules and routing: those of the reading before where they are the same, so that nothing is held twice.</returns>
    public FirewallReading Begin(FirewallReading reading)
    {
        ArgumentNullException.ThrowIfNull(reading);
        if (Reading is { } known && SameFirewall.Is(known, reading))
        {
            (_last, _now) = (_now, new Dictionary<ChartRow, ChartRow>(_now.Count, ByBinds.Instance));
            return known;
        }

        (_last, _now) = (new Dictionary<ChartRow, ChartRow>(ByBinds.Instance), new Dictionary<ChartRow, ChartRow>(ByBinds.Instance));
        return Reading = reading;
    }

    /// <summary>The row with the verdict of one with the same port and binds; <c>null</c> where none is kept.</summary>
    internal ChartRow? Find(ChartRow row)
    {
        if (row.Forward is not null || !_last.TryGetValue(row, out var known))
        {
            return null;
        }

        var judged = row with { Exposure = known.Exposure, Verdict = known.Verdict };
        Keep(judged);
        return judged;
    }

    /// <summary>Keeps the verdict of a row.</summary>
    internal void Keep(ChartRow row)
    {
        if (row.Forward is null)
        {
            _now[row] = row;
        }
    }

    // The owner does not matter: a verdict is about binds.
    private sealed class ByBinds : IEqualityComparer<ChartRow>
    {
        public static ByBinds Instance { get; } = new();

        public bool Equals(ChartRow? x, ChartRow? y) =>
            ReferenceEquals(x, y)
            || (x is not null && y is not null && x.Port == y.Port && x.Protocol == y.Protocol && x.Binds.SequenceEqual(y.Binds));

        public int GetHashCode(ChartRow obj) => HashCode.Combine(obj.Port, obj.Protocol, obj.Binds.Count, obj.Binds[0].Address);
    }
}
