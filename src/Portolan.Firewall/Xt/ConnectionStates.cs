namespace Portolan.Firewall.Xt;

/// <summary>States of a connection as x_tables numbers them (XT_CONNTRACK_STATE_*).</summary>
[Flags]
public enum ConnectionStates : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Belongs to no connection that could be.</summary>
    Invalid = 1,

    /// <summary>Has gone both ways.</summary>
    Established = 2,

    /// <summary>Begun by another connection.</summary>
    Related = 4,

    /// <summary>The first.</summary>
    New = 8,

    /// <summary>Its source is translated.</summary>
    SourceTranslated = 64,

    /// <summary>Its destination is translated.</summary>
    DestinationTranslated = 128,

    /// <summary>Taken out of tracking.</summary>
    Untracked = 256,
}
