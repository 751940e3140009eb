namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a fact of the packet's route (nft_rt.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">NFT_RT_*: 0 classid, 1 nexthop4, 2 nexthop6, 3 tcpmss, 4 xfrm.</param>
public sealed record RoutingExpression(Register Destination, uint Key) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "rt";
}
