namespace Portolan.Firewall.Xt.Matches;

/// <summary>Bits of the connection's mark (linux/netfilter/xt_connmark.h).</summary>
/// <param name="Mark">The bits.</param>
/// <param name="Mask">Those that are looked at.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
public sealed record ConnmarkMatch(uint Mark, uint Mask, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("connmark", 1, 1, Decode)];

    private static ConnmarkMatch? Decode(XtPayload payload)
    {
        const int Size = 9;
        return payload.Has(Size) ? new ConnmarkMatch(payload.UInt32(0), payload.UInt32(4), payload.Byte(8) != 0) : null;
    }
}
