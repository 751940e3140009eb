namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Source or destination translation (nft_nat.c).</summary>
/// <param name="IsSource">Source, else destination.</param>
/// <param name="Family">Of the addresses.</param>
/// <param name="AddressMin">First address.</param>
/// <param name="AddressMax">Last address.</param>
/// <param name="PortMin">First port.</param>
/// <param name="PortMax">Last port.</param>
/// <param name="Flags">NF_NAT_RANGE_*.</param>
public sealed record NatExpression(
    bool IsSource,
    RuleFamily Family,
    Register? AddressMin,
    Register? AddressMax,
    Register? PortMin,
    Register? PortMax,
    uint Flags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "nat";
}
