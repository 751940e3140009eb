namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Sends a copy elsewhere (nft_dup_*.c).</summary>
/// <param name="Address">Where the next hop is.</param>
/// <param name="Device">Where the interface is.</param>
public sealed record DuplicateExpression(Register? Address, Register? Device) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "dup";
}
