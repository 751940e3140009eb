using System.Buffers.Binary;

namespace Portolan.Firewall.Xt.Matches;

/// <summary>A list of addresses that were seen (linux/netfilter/xt_recent.h).</summary>
/// <param name="Name">Of the list. Hostile text.</param>
/// <param name="Action">What it does.</param>
/// <param name="Seconds">Seen in the last so many; 0 for at any time.</param>
/// <param name="HitCount">Seen at least so often; 0 for once.</param>
/// <param name="IsInverted">Whether it matches all others.</param>
/// <param name="ByDestination">Whether it is the destination's address, else the sender's.</param>
public sealed record RecentMatch(string Name, RecentAction Action, uint Seconds, uint HitCount, bool IsInverted, bool ByDestination)
    : XtMatch
{
    /// <summary>The bits of addresses that are distinguished, as the kernel keeps them: of IPv4 the first 32.</summary>
    public UInt128 Mask { get; init; } = UInt128.MaxValue;

    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("recent", 0, 1, Decode)];

    private static RecentMatch? Decode(XtPayload payload)
    {
        const int NameOffset = 10;
        const int NameLength = 200; // XT_RECENT_NAME_LEN
        const byte Source = 0; // XT_RECENT_SOURCE
        const int MaskOffset = 212;
        const int MaskLength = 16; // union nf_inet_addr
        var hasMask = payload.Revision >= 1;
        return payload.Has(hasMask ? MaskOffset + MaskLength : NameOffset + NameLength + 1)
            ? new RecentMatch(
                payload.Text(NameOffset, NameLength), (RecentAction)payload.Byte(8), payload.UInt32(0), payload.UInt32(4),
                payload.Byte(9) != 0, payload.Byte(NameOffset + NameLength) != Source)
            {
                Mask = hasMask ? BinaryPrimitives.ReadUInt128BigEndian(payload.Bytes.Span[MaskOffset..]) : UInt128.MaxValue,
            }
            : null;
    }
}

/// <summary>What is done with the list (XT_RECENT_*).</summary>
[Flags]
public enum RecentAction
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Matches an address that is on it.</summary>
    Check = 1,

    /// <summary>Puts the address on it, and matches.</summary>
    Set = 2,

    /// <summary>Matches an address that is on it, and counts that too.</summary>
    Update = 4,

    /// <summary>Takes the address off it, and matches if it was there.</summary>
    Remove = 8,

    /// <summary>Only with the TTL it was seen with.</summary>
    TimeToLive = 16,

    /// <summary>Takes off the list what is older than the seconds.</summary>
    Reap = 32,
}
