namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Destination translation to this machine (nft_redir.c).</summary>
/// <param name="PortMin">First port.</param>
/// <param name="PortMax">Last port.</param>
/// <param name="Flags">NF_NAT_RANGE_*.</param>
public sealed record RedirectExpression(Register? PortMin, Register? PortMax, uint Flags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "redir";
}
