namespace Portolan.Firewall.Judging.Semantics.Xt;

/// <summary>Rates of x_tables, which stand as the time between two packets.</summary>
internal static class XtRates
{
    /// <summary>Ticks a second of <c>limit</c> and old <c>hashlimit</c> (XT_LIMIT_SCALE).</summary>
    public const ulong LimitScale = 10_000;

    /// <summary>Packets, and in how many seconds: the shortest usual time with a whole number of packets.</summary>
    /// <param name="interval">Ticks between two packets.</param>
    /// <param name="scale">Ticks a second.</param>
    public static (ulong Rate, ulong Seconds) Of(ulong interval, ulong scale)
    {
        if (interval == 0)
        {
            return (scale, 1);
        }

        foreach (var seconds in (ReadOnlySpan<ulong>)[1, 60, 3600])
        {
            if (scale * seconds >= interval)
            {
                // The user's number was rounded down when it was turned round.
                return (scale * seconds / interval, seconds);
            }
        }

        return (Math.Max(1, scale * 86_400 / interval), 86_400);
    }
}
