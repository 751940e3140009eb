namespace Portolan.Firewall.Xt.Matches;

/// <summary>No more than a rate (linux/netfilter/xt_limit.h).</summary>
/// <param name="Interval">Between two packets on average, in ten-thousandths of a second.</param>
/// <param name="Burst">So many at once.</param>
public sealed record LimitMatch(uint Interval, uint Burst) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("limit", 0, 0, Decode)];

    private static LimitMatch? Decode(XtPayload payload)
    {
        const int Size = 8;
        return payload.Has(Size) ? new LimitMatch(payload.UInt32(0), payload.UInt32(4)) : null;
    }
}
