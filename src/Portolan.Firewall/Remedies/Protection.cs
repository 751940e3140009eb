namespace Portolan.Firewall.Remedies;

/// <summary>What a rule is there for that no fix may undo.</summary>
public enum Protection
{
    /// <summary>It stops senders who are banned.</summary>
    Ban,

    /// <summary>It lets only so much through.</summary>
    Limit,

    /// <summary>It stops packets with forged senders.</summary>
    ForgedSender,

    /// <summary>It stops packets that belong to no connection, or cannot be.</summary>
    Invalid,
}

/// <summary>Protections in words.</summary>
public static class ProtectionWords
{
    /// <summary>Such as <c>a ban</c>.</summary>
    public static string Noun(this Protection protection) => protection switch
    {
        Protection.Ban => "a ban",
        Protection.Limit => "a limit",
        Protection.ForgedSender => "a check for forged senders",
        _ => "a check for packets of no connection",
    };
}
