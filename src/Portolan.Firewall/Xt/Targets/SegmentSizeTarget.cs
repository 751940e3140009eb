namespace Portolan.Firewall.Xt.Targets;

/// <summary>Changes the largest segment that a SYN offers, and goes on (linux/netfilter/xt_TCPMSS.h).</summary>
/// <param name="Size">Bytes; <see cref="ToPathMtu"/> for what the route allows.</param>
public sealed record SegmentSizeTarget(ushort Size) : XtTarget
{
    /// <summary>XT_TCPMSS_CLAMP_PMTU.</summary>
    public const ushort ToPathMtu = 0xffff;

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("TCPMSS", 0, 0, Decode)];

    private static SegmentSizeTarget? Decode(XtPayload payload)
    {
        const int PayloadSize = 2;
        return payload.Has(PayloadSize) ? new SegmentSizeTarget(payload.UInt16(0)) : null;
    }
}
