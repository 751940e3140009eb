namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// Source address of the frame (linux/netfilter/xt_mac.h). A packet without an Ethernet header does not match, inverted or not.
/// </summary>
/// <param name="Address">6 bytes.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
public sealed record HardwareAddressMatch(ReadOnlyMemory<byte> Address, bool IsInverted) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("mac", 0, 0, Decode)];

    private static HardwareAddressMatch? Decode(XtPayload payload)
    {
        const int Size = 12;
        return payload.Has(Size) ? new HardwareAddressMatch(payload.Bytes[..6], payload.UInt32(8) != 0) : null;
    }
}
