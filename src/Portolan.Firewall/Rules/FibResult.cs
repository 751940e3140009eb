namespace Portolan.Firewall.Rules;

/// <summary>What a routing lookup gives (NFT_FIB_RESULT_*).</summary>
public enum FibResult : uint
{
    /// <summary>Index of the output interface, 0 for none.</summary>
    InterfaceIndex = 1,

    /// <summary>Name of the output interface.</summary>
    InterfaceName = 2,

    /// <summary>RTN_* type of the address.</summary>
    AddressType = 3,
}
