namespace Portolan.Firewall.Rules;

/// <summary>The facts that a routing lookup uses (NFTA_FIB_F_*).</summary>
[Flags]
public enum FibFlags : uint
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Looks up the source address.</summary>
    Source = 1,

    /// <summary>Looks up the destination address.</summary>
    Destination = 2,

    /// <summary>With the packet's mark.</summary>
    Mark = 4,

    /// <summary>Only routes of the input interface.</summary>
    Input = 8,

    /// <summary>Only routes of the output interface.</summary>
    Output = 16,

    /// <summary>Loads only whether there is a route.</summary>
    Present = 32,
}
