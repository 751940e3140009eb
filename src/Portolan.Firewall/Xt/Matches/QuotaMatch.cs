namespace Portolan.Firewall.Xt.Matches;

/// <summary>No more than a number of bytes in all (linux/netfilter/xt_quota.h). The kernel does not tell how many are left.</summary>
/// <param name="Bytes">The number at the beginning.</param>
/// <param name="IsInverted">Whether it matches once they are used up.</param>
public sealed record QuotaMatch(ulong Bytes, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("quota", 0, 0, Decode)];

    private static QuotaMatch? Decode(XtPayload payload)
    {
        const int Size = 16;
        return payload.Has(Size) ? new QuotaMatch(payload.UInt64(8), (payload.UInt32(0) & 1) != 0) : null;
    }
}
