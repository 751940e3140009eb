using Portolan.Traffic.Grouping;

namespace Portolan.Cli.Traffic;

/// <summary>The places of rows in a live table: they stay where they are, and new ones come below the others, the busiest first.</summary>
internal sealed class RowPlaces
{
    private readonly Dictionary<TrafficRowKey, int> _places = [];

    /// <summary>From now on rows are sorted anew.</summary>
    public void Forget() => _places.Clear();

    /// <summary>Rows in the order of their places.</summary>
    public List<RatedRow> Order(IReadOnlyList<RatedRow> rows)
    {
        var arrivals = rows.Where(r => !_places.ContainsKey(r.Row.Key))
            .OrderByDescending(static r => (r.InPerSecond ?? 0) + (r.OutPerSecond ?? 0)).ThenByDescending(static r => r.Row.Bytes)
            .ThenBy(static r => r.Row.Key.Port?.Value ?? 0).ThenBy(static r => r.Row.Key.Role).ToList();
        foreach (var row in arrivals)
        {
            _places.Add(row.Row.Key, _places.Count);
        }

        return [.. rows.OrderBy(r => _places[r.Row.Key])];
    }
}
