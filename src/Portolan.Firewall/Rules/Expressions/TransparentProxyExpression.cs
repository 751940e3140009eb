namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Hands the packet to a local socket without translation (nft_tproxy.c).</summary>
/// <param name="Family">Of the address.</param>
/// <param name="Address">Where the address is.</param>
/// <param name="Port">Where the port is.</param>
public sealed record TransparentProxyExpression(RuleFamily Family, Register? Address, Register? Port) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "tproxy";
}
