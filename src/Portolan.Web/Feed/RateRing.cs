namespace Portolan.Web.Feed;

/// <summary>The rates of the rows of a table at its last looks. A rate that is not known is a gap.</summary>
/// <typeparam name="TKey">What names a row.</typeparam>
internal sealed class RateRing<TKey>
    where TKey : notnull
{
    /// <summary>How many looks are kept.</summary>
    internal const int Kept = 300;

    /// <summary>How many rows have rates: those that carried most.</summary>
    internal const int MostRows = 64;

    private readonly double[] _times = new double[Kept];
    private readonly Dictionary<TKey, double[]> _rows = [];
    private long _looks;

    /// <summary>Takes a look.</summary>
    /// <param name="at">When; seconds of Unix time.</param>
    /// <param name="rates">The rows, those that carried most first, with what they carried in a second.</param>
    internal void Add(double at, IEnumerable<(TKey Key, double? Rate)> rates)
    {
        var place = (int)(_looks++ % Kept);
        _times[place] = at;
        foreach (var row in _rows.Values)
        {
            row[place] = double.NaN;
        }

        var kept = new HashSet<TKey>();
        foreach (var (key, rate) in rates.Take(MostRows))
        {
            kept.Add(key);
            if (!_rows.TryGetValue(key, out var row))
            {
                _rows.Add(key, row = new double[Kept]);
                Array.Fill(row, double.NaN);
            }

            row[place] = rate ?? double.NaN;
        }

        foreach (var key in _rows.Keys.Where(key => !kept.Contains(key)).ToList())
        {
            _rows.Remove(key);
        }
    }

    /// <summary>When the last looks were, the oldest first.</summary>
    internal IReadOnlyList<double> Times(int last) => [.. Places(last).Select(place => _times[place])];

    /// <summary>The rates of a row at the last looks; empty for a row that has none.</summary>
    internal IReadOnlyList<double?> Rates(TKey key, int last) => _rows.TryGetValue(key, out var row)
        ? [.. Places(last).Select(place => double.IsNaN(row[place]) ? (double?)null : row[place])]
        : [];

    private IEnumerable<int> Places(int last)
    {
        for (var look = Math.Max(0, _looks - Math.Min(last, Kept)); look < _looks; look++)
        {
            yield return (int)(look % Kept);
        }
    }
}
