namespace Portolan.Traffic.Grouping;

/// <summary>The rates of a row at the last looks.</summary>
internal sealed class RowHistory
{
    /// <summary>How many looks are kept.</summary>
    public const int Length = 60;

    private readonly Queue<double> _rates = new(Length);
    private TimeSpan _at;

    /// <summary>A row with its rates since counting began.</summary>
    public static RatedRow Overall(TrafficRow row, TimeSpan elapsed) => new(
        row, PerSecond(row.BytesIn, elapsed), PerSecond(row.BytesOut, elapsed), PerSecond((ulong?)row.New, elapsed), []);

    /// <summary>A row with its rates since the look before.</summary>
    public static RatedRow Last(TrafficRow row, TimeSpan interval) => new(
        row, PerSecond(row.RecentIn, interval), PerSecond(row.RecentOut, interval), PerSecond((ulong?)row.RecentNew, interval), []);

    /// <summary>A row with its rates since the look before. A look counts once, however often it is put together.</summary>
    public RatedRow Recent(TrafficRow row, TimeSpan at, TimeSpan interval)
    {
        var rated = Last(row, interval);
        if (at != _at)
        {
            _at = at;
            if (_rates.Count == Length)
            {
                _rates.Dequeue();
            }

            _rates.Enqueue((rated.InPerSecond ?? 0) + (rated.OutPerSecond ?? 0));
        }

        return rated with { LastRates = [.. _rates] };
    }

    private static double? PerSecond(ulong? count, TimeSpan time) =>
        count is { } some && time > TimeSpan.Zero ? some / time.TotalSeconds : null;
}

/// <summary>A row with what it carried in each second.</summary>
/// <param name="Row">The row.</param>
/// <param name="InPerSecond">Payload bytes received in a second; <c>null</c> where that is not known.</param>
/// <param name="OutPerSecond">Payload bytes sent in a second.</param>
/// <param name="NewPerSecond">Connections that began in a second.</param>
/// <param name="LastRates">
/// Bytes in a second, both ways, of the last looks, the oldest first; empty where rates are of the whole time.
/// </param>
public sealed record RatedRow(
    TrafficRow Row, double? InPerSecond, double? OutPerSecond, double? NewPerSecond, IReadOnlyList<double> LastRates);
