namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Sends the packet out of another interface (nft_fwd_netdev.c).</summary>
/// <param name="Device">Where the interface is.</param>
/// <param name="Address">Where the next hop is.</param>
/// <param name="Family">Of the address.</param>
public sealed record ForwardExpression(Register? Device, Register? Address, RuleFamily Family) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "fwd";
}
