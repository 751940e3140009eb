namespace Portolan.Transport.Ports;

/// <summary>The rule that makes a bind fail.</summary>
public enum BindRule : byte
{
    /// <summary>None: it does not fail.</summary>
    None,

    /// <summary>Both would take the same packets, and not both of them set SO_REUSEADDR or both SO_REUSEPORT.</summary>
    NotShared,

    /// <summary>Both set SO_REUSEADDR, but the holder listens; a listener shares only by SO_REUSEPORT (Linux).</summary>
    HolderListens,

    /// <summary>Both set SO_REUSEPORT, but they belong to different owners.</summary>
    OtherOwner,

    /// <summary>
    /// The same address, which only SO_REUSEPORT on both sides shares; SO_REUSEADDR shares a wildcard with an address (BSD).
    /// </summary>
    SameAddress,

    /// <summary>A chosen port shares with nobody, whatever the options say.</summary>
    ChosenPortIsNotShared,

    /// <summary>Every port that could have been chosen is taken.</summary>
    Exhausted,

    /// <summary>The socket pair exists (RFC 9293 section 3.10.1).</summary>
    PairExists,
}

/// <summary>The words of rules.</summary>
internal static class BindRuleText
{
    /// <summary>One sentence for people, without a full stop.</summary>
    public static string Explain(this BindRule rule) => rule switch
    {
        BindRule.None => "no conflict",
        BindRule.NotShared => "both would receive the same packets, and they share only if both set SO_REUSEADDR or both set SO_REUSEPORT",
        BindRule.HolderListens => "the holder listens, and a listener shares its port only when both set SO_REUSEPORT",
        BindRule.OtherOwner => "SO_REUSEPORT shares a port only among sockets of one owner",
        BindRule.SameAddress =>
            "the address is the same, and SO_REUSEADDR shares a wildcard with an address, not an address with itself: "
                + "both must set SO_REUSEPORT",
        BindRule.ChosenPortIsNotShared => "a port chosen by the system is never shared",
        BindRule.Exhausted => "every port that may be chosen is taken",
        BindRule.PairExists => "a connection with this socket pair exists",
        _ => throw new ArgumentOutOfRangeException(nameof(rule), rule, message: null),
    };
}
