namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Ports, flags and options of TCP (<c>struct xt_tcp</c>, linux/netfilter/xt_tcpudp.h). Never matches a later fragment; drops a packet with
/// half a header.
/// </summary>
/// <param name="Source">Source port.</param>
/// <param name="Destination">Destination port.</param>
/// <param name="FlagMask">Which flags are looked at.</param>
/// <param name="FlagValue">Which of them must be set, and the others not.</param>
/// <param name="FlagsInverted">Whether it matches all but these flags.</param>
/// <param name="Option">Number of an option that must be there; 0 for none.</param>
/// <param name="OptionInverted">Whether the option must not be there.</param>
public sealed record TcpMatch(
    PortSpan Source,
    PortSpan Destination,
    byte FlagMask,
    byte FlagValue,
    bool FlagsInverted,
    byte Option,
    bool OptionInverted) : XtMatch
{
    private const byte SourceInverted = 1; // XT_TCP_INV_SRCPT
    private const byte DestinationInverted = 2; // XT_TCP_INV_DSTPT
    private const byte FlagInverted = 4; // XT_TCP_INV_FLAGS
    private const byte HasOptionInverted = 8; // XT_TCP_INV_OPTION

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("tcp", 0, 0, Decode)];

    private static TcpMatch? Decode(XtPayload payload)
    {
        const int Size = 12;
        if (!payload.Has(Size))
        {
            return null;
        }

        var inverted = payload.Byte(11);
        return new TcpMatch(
            new PortSpan(payload.UInt16(0), payload.UInt16(2), (inverted & SourceInverted) != 0),
            new PortSpan(payload.UInt16(4), payload.UInt16(6), (inverted & DestinationInverted) != 0),
            payload.Byte(9),
            payload.Byte(10),
            (inverted & FlagInverted) != 0,
            payload.Byte(8),
            (inverted & HasOptionInverted) != 0);
    }
}
