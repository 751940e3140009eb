namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Ports of UDP (<c>struct xt_udp</c>, linux/netfilter/xt_tcpudp.h). Never matches a later fragment; drops a packet with half a header.
/// </summary>
/// <param name="Source">Source port.</param>
/// <param name="Destination">Destination port.</param>
public sealed record UdpMatch(PortSpan Source, PortSpan Destination) : XtMatch
{
    private const byte SourceInverted = 1; // XT_UDP_INV_SRCPT
    private const byte DestinationInverted = 2; // XT_UDP_INV_DSTPT

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("udp", 0, 0, Decode), new("udplite", 0, 0, Decode)];

    private static UdpMatch? Decode(XtPayload payload)
    {
        const int Size = 9;
        if (!payload.Has(Size))
        {
            return null;
        }

        var inverted = payload.Byte(8);
        return new UdpMatch(
            new PortSpan(payload.UInt16(0), payload.UInt16(2), (inverted & SourceInverted) != 0),
            new PortSpan(payload.UInt16(4), payload.UInt16(6), (inverted & DestinationInverted) != 0));
    }
}
