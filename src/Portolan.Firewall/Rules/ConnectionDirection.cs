namespace Portolan.Firewall.Rules;

/// <summary>Directions of a connection (IP_CT_DIR_*).</summary>
public enum ConnectionDirection : byte
{
    /// <summary>Of who began.</summary>
    Original = 0,

    /// <summary>Of who answered.</summary>
    Reply = 1,
}
