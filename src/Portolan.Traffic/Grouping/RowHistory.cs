namespace Portolan.Traffic.Grouping;

/// <summary>What a row carried at the look before, and its rates of the last minute.</summary>
public sealed class RowHistory
{
    /// <summary>How many looks a sparkline has.</summary>
    public const int Length = 60;

    private readonly Queue<double> _rates = new(Length);
    private TimeSpan _at;
    private ulong _bytesIn;
    private ulong _bytesOut;
    private int _new;

    /// <summary>A row with its rates since counting began.</summary>
    internal static RatedRow Overall(TrafficRow row, TimeSpan elapsed) =>
        new(row, PerSecond(row.BytesIn, elapsed), PerSecond(row.BytesOut, elapsed), PerSecond((ulong?)row.New, elapsed), []);

    /// <summary>A row with its rates since the look before.</summary>
    internal RatedRow Rate(TrafficRow row, TimeSpan at, TimeSpan interval)
    {
        if (at == _at)
        {
            interval = TimeSpan.Zero; // looked at twice
        }

        var rated = new RatedRow(
            row, PerSecond(Less(row.BytesIn, _bytesIn), interval), PerSecond(Less(row.BytesOut, _bytesOut), interval),
            PerSecond(Less((ulong?)row.New, (ulong)_new), interval), []);
        if (interval > TimeSpan.Zero)
        {
            (_bytesIn, _bytesOut, _new, _at) = (row.BytesIn ?? 0, row.BytesOut ?? 0, row.New ?? 0, at);
            if (_rates.Count == Length)
            {
                _rates.Dequeue();
            }

            _rates.Enqueue((rated.InPerSecond ?? 0) + (rated.OutPerSecond ?? 0));
        }

        return rated with { LastRates = [.. _rates] };
    }

    private static ulong? Less(ulong? total, ulong before) => total is { } now ? now - Math.Min(now, before) : null;

    private static double? PerSecond(ulong? count, TimeSpan time) =>
        count is { } some && time > TimeSpan.Zero ? some / time.TotalSeconds : null;
}

/// <summary>A row and its rates.</summary>
/// <param name="Row">The row.</param>
/// <param name="InPerSecond">Payload bytes received in a second; <c>null</c> where that is not known.</param>
/// <param name="OutPerSecond">Payload bytes sent in a second.</param>
/// <param name="NewPerSecond">Connections that began in a second.</param>
/// <param name="LastRates">
/// Bytes in a second, both ways, of the last looks, the oldest first; empty where rates are of the whole time.
/// </param>
public sealed record RatedRow(
    TrafficRow Row, double? InPerSecond, double? OutPerSecond, double? NewPerSecond, IReadOnlyList<double> LastRates);
