namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a fact of the packet's IPsec state (nft_xfrm.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">NFT_XFRM_KEY_*.</param>
/// <param name="Direction">0 in, 1 out.</param>
/// <param name="SpNumber">Which state of the bundle.</param>
public sealed record XfrmExpression(Register Destination, uint Key, byte Direction, uint SpNumber) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "xfrm";
}
