namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Drops the packet and answers it (nft_reject.c).</summary>
/// <param name="Kind">With what.</param>
/// <param name="Code">ICMP code; of <see cref="RejectKind.IcmpX"/> one of NFT_REJECT_ICMPX_*.</param>
public sealed record RejectExpression(RejectKind Kind, byte Code) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "reject";
}
