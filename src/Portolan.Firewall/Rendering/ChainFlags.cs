namespace Portolan.Firewall.Rendering;

/// <summary>Flags of chains (NFT_CHAIN_*).</summary>
internal static class ChainFlags
{
    /// <summary>NFT_CHAIN_HW_OFFLOAD.</summary>
    public const uint Offloaded = 2;

    /// <summary>NFT_CHAIN_BINDING: the chain belongs to one rule.</summary>
    public const uint Bound = 4;
}
