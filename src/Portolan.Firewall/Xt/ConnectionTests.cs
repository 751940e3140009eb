namespace Portolan.Firewall.Xt;

/// <summary>Which facts of a connection are tested (XT_CONNTRACK_*).</summary>
[Flags]
public enum ConnectionTests
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Its state.</summary>
    State = 1,

    /// <summary>Its protocol.</summary>
    Protocol = 2,

    /// <summary>Source of the original direction.</summary>
    OriginalSource = 4,

    /// <summary>Destination of the original direction.</summary>
    OriginalDestination = 8,

    /// <summary>Source of the replies.</summary>
    ReplySource = 16,

    /// <summary>Destination of the replies.</summary>
    ReplyDestination = 32,

    /// <summary>IPS_* bits.</summary>
    Status = 64,

    /// <summary>Seconds until it is forgotten.</summary>
    Expires = 128,

    /// <summary>Source port of the original direction.</summary>
    OriginalSourcePort = 256,

    /// <summary>Destination port of the original direction.</summary>
    OriginalDestinationPort = 512,

    /// <summary>Source port of the replies.</summary>
    ReplySourcePort = 1024,

    /// <summary>Destination port of the replies.</summary>
    ReplyDestinationPort = 2048,

    /// <summary>The packet goes in the original direction.</summary>
    Direction = 4096,

    /// <summary>Written as <c>-m state</c>; changes nothing.</summary>
    StateAlias = 8192,
}
