namespace Portolan.Firewall.Xt.Matches;

/// <summary>The MSS option of a segment (linux/netfilter/xt_tcpmss.h).</summary>
/// <param name="First">Least.</param>
/// <param name="Last">Most.</param>
/// <param name="IsInverted">Whether it matches all others, segments without the option too.</param>
public sealed record SegmentSizeMatch(ushort First, ushort Last, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("tcpmss", 0, 0, Decode)];

    private static SegmentSizeMatch? Decode(XtPayload payload)
    {
        const int Size = 5;
        return payload.Has(Size) ? new SegmentSizeMatch(payload.UInt16(0), payload.UInt16(2), payload.Byte(4) != 0) : null;
    }
}
