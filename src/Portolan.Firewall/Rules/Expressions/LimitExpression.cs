namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Breaks when the rate is exceeded (nft_limit.c).</summary>
/// <param name="Rate">Packets or bytes.</param>
/// <param name="PerSeconds">In so many seconds.</param>
/// <param name="Burst">So many more at once.</param>
/// <param name="IsBytes">Counts bytes, else packets.</param>
/// <param name="IsOver">Matches what exceeds the rate (NFT_LIMIT_F_INV).</param>
public sealed record LimitExpression(ulong Rate, ulong PerSeconds, uint Burst, bool IsBytes, bool IsOver) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "limit";
}
