namespace Portolan.Firewall.Xt.Matches;

/// <summary>Types of the packet's addresses as routing sees them (linux/netfilter/xt_addrtype.h).</summary>
/// <param name="Source">Any of these types is right, as 1 &lt;&lt; RTN_*; 0 for any.</param>
/// <param name="Destination">Any of these types is right; 0 for any.</param>
/// <param name="SourceInverted">Whether all but these are right.</param>
/// <param name="DestinationInverted">Whether all but these are right.</param>
/// <param name="ByInput">Only as seen by the input interface.</param>
/// <param name="ByOutput">Only as seen by the output interface.</param>
public sealed record AddressTypeMatch(
    ushort Source,
    ushort Destination,
    bool SourceInverted,
    bool DestinationInverted,
    bool ByInput,
    bool ByOutput) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("addrtype", 0, 1, Decode)];

    private static AddressTypeMatch? Decode(XtPayload payload)
    {
        const int Size0 = 12;
        const int Size1 = 8;
        if (!payload.Has(payload.Revision == 0 ? Size0 : Size1))
        {
            return null;
        }

        var (source, destination, flags) = (payload.UInt16(0), payload.UInt16(2), payload.UInt32(4));
        return payload.Revision == 0
            ? new AddressTypeMatch(source, destination, flags != 0, payload.UInt32(8) != 0, false, false)
            : new AddressTypeMatch(source, destination, (flags & 1) != 0, (flags & 2) != 0, (flags & 4) != 0, (flags & 8) != 0);
    }
}
