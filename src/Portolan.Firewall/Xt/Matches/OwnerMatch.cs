namespace Portolan.Firewall.Xt.Matches;

/// <summary>
/// User and group of the socket that sends (linux/netfilter/xt_owner.h). A packet without a socket matches only what is inverted.
/// </summary>
/// <param name="Tests">What is tested.</param>
/// <param name="Inverted">Which of the tests must not hold.</param>
/// <param name="FirstUser">First user id.</param>
/// <param name="LastUser">Last user id.</param>
/// <param name="FirstGroup">First group id.</param>
/// <param name="LastGroup">Last group id.</param>
public sealed record OwnerMatch(
    OwnerTests Tests,
    OwnerTests Inverted,
    uint FirstUser,
    uint LastUser,
    uint FirstGroup,
    uint LastGroup) : XtMatch
{
    /// <summary>The layouts that are known.</summary>
    internal static IReadOnlyList<XtMatchKind> Kinds { get; } = [new("owner", 1, 1, Decode)];

    private static OwnerMatch? Decode(XtPayload payload)
    {
        const int Size = 18;
        return payload.Has(Size)
            ? new OwnerMatch(
                (OwnerTests)payload.Byte(16), (OwnerTests)payload.Byte(17), payload.UInt32(0), payload.UInt32(4), payload.UInt32(8),
                payload.UInt32(12))
            : null;
    }
}

/// <summary>What is tested of the sending socket (XT_OWNER_*).</summary>
[Flags]
public enum OwnerTests : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Its user.</summary>
    User = 1,

    /// <summary>Its group.</summary>
    Group = 2,

    /// <summary>Whether there is one.</summary>
    Socket = 4,

    /// <summary>Supplementary groups too.</summary>
    SupplementaryGroups = 8,
}
