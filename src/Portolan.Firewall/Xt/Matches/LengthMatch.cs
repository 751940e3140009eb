namespace Portolan.Firewall.Xt.Matches;

/// <summary>Length of the packet, of IPv6 without the header (linux/netfilter/xt_length.h).</summary>
/// <param name="First">Fewest bytes.</param>
/// <param name="Last">Most bytes.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
public sealed record LengthMatch(ushort First, ushort Last, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("length", 0, 0, Decode)];

    private static LengthMatch? Decode(XtPayload payload)
    {
        const int Size = 5;
        return payload.Has(Size) ? new LengthMatch(payload.UInt16(0), payload.UInt16(2), payload.Byte(4) != 0) : null;
    }
}
