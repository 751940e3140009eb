namespace Portolan.Firewall.Xt.Targets;

/// <summary>Changes the packet's mark, and goes on: clears the bits of the mask, then exclusive or (linux/netfilter/xt_mark.h).</summary>
/// <param name="Mark">The bits.</param>
/// <param name="Mask">Those that are cleared first.</param>
public sealed record MarkTarget(uint Mark, uint Mask) : XtTarget
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtTargetKind> Kinds { get; } = [new("MARK", 2, 2, Decode)];

    private static MarkTarget? Decode(XtPayload payload)
    {
        const int Size = 8;
        return payload.Has(Size) ? new MarkTarget(payload.UInt32(0), payload.UInt32(4)) : null;
    }
}
