namespace Portolan.Firewall.Xt.Matches;

/// <summary>Dates, days and hours (linux/netfilter/xt_time.h).</summary>
/// <param name="FirstDate">First second since 1970.</param>
/// <param name="LastDate">Last one.</param>
/// <param name="FirstSecond">First second of the day.</param>
/// <param name="LastSecond">Last one; before <paramref name="FirstSecond"/> the time spans midnight.</param>
/// <param name="MonthDays">A bit for each day of the month, from bit 1.</param>
/// <param name="WeekDays">A bit for each day of the week, Monday 1 to Sunday 7.</param>
/// <param name="IsLocal">Whether in the kernel's time zone, else UTC.</param>
/// <param name="IsContiguous">Whether a time that spans midnight belongs to the day that it begins on.</param>
public sealed record TimeMatch(
    uint FirstDate, uint LastDate, uint FirstSecond, uint LastSecond, uint MonthDays, byte WeekDays, bool IsLocal, bool IsContiguous)
        : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("time", 0, 0, Decode)];

    private static TimeMatch? Decode(XtPayload payload)
    {
        const int Size = 22;
        return payload.Has(Size)
            ? new TimeMatch(
                payload.UInt32(0), payload.UInt32(4), payload.UInt32(8), payload.UInt32(12), payload.UInt32(16), payload.Byte(20),
                (payload.Byte(21) & 1) != 0, (payload.Byte(21) & 2) != 0)
            : null;
    }
}
