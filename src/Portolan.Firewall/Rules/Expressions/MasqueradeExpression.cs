namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Source translation to the outgoing interface's address (nft_masq.c).</summary>
/// <param name="Flags">NF_NAT_RANGE_*.</param>
/// <param name="PortMin">First port.</param>
/// <param name="PortMax">Last port.</param>
public sealed record MasqueradeExpression(uint Flags, Register? PortMin, Register? PortMax) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "masq";
}
