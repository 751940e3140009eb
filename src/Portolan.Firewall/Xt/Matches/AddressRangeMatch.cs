namespace Portolan.Firewall.Xt.Matches;

/// <summary>Ranges of addresses (linux/netfilter/xt_iprange.h).</summary>
/// <param name="Source">The source, or <c>null</c> for any.</param>
/// <param name="Destination">The destination, or <c>null</c> for any.</param>
public sealed record AddressRangeMatch(AddressSpan? Source, AddressSpan? Destination) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("iprange", 1, 1, Decode)];

    private static AddressRangeMatch? Decode(XtPayload payload)
    {
        const int Size = 65;
        if (!payload.Has(Size))
        {
            return null;
        }

        var flags = payload.Byte(64);
        return new AddressRangeMatch(
            (flags & 1) != 0 ? new AddressSpan(payload.Address(0), payload.Address(16), (flags & 0x10) != 0) : null,
            (flags & 2) != 0 ? new AddressSpan(payload.Address(32), payload.Address(48), (flags & 0x20) != 0) : null);
    }
}

/// <summary>Matches addresses from one to another.</summary>
/// <param name="First">First address.</param>
/// <param name="Last">Last address.</param>
/// <param name="IsInverted">Whether it matches the others.</param>
public readonly record struct AddressSpan(InternetAddress First, InternetAddress Last, bool IsInverted);
