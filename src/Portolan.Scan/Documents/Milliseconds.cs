namespace Portolan.Scan.Documents;

/// <summary>Durations as documents have them.</summary>
internal static class Milliseconds
{
    /// <summary>Milliseconds, to the microsecond.</summary>
    public static decimal Of(TimeSpan time) => Math.Round((decimal)time.Ticks / TimeSpan.TicksPerMillisecond, 3);
}
