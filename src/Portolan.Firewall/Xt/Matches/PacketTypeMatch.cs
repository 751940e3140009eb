namespace Portolan.Firewall.Xt.Matches;

/// <summary>To which host the frame was sent (linux/netfilter/xt_pkttype.h).</summary>
/// <param name="Type">PACKET_*: 0 this host, 1 broadcast, 2 multicast, 3 another host.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
public sealed record PacketTypeMatch(int Type, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("pkttype", 0, 0, Decode)];

    private static PacketTypeMatch? Decode(XtPayload payload)
    {
        const int Size = 8;
        return payload.Has(Size) ? new PacketTypeMatch((int)payload.UInt32(0), payload.UInt32(4) != 0) : null;
    }
}
