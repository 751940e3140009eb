namespace Portolan.Firewall.Rules;

/// <summary>What is done to an element (NFT_DYNSET_OP_*).</summary>
public enum DynamicSetOperation : uint
{
    /// <summary>Added if it is not there.</summary>
    Add = 0,

    /// <summary>Added, or its timeout started again.</summary>
    Update = 1,

    /// <summary>Deleted.</summary>
    Delete = 2,
}
