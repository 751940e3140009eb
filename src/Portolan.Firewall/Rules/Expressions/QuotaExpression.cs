namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Breaks below, or from, so many bytes (nft_quota.c).</summary>
/// <param name="Bytes">The quota.</param>
/// <param name="Consumed">So far.</param>
/// <param name="IsOver">Matches once it is exceeded.</param>
public sealed record QuotaExpression(ulong Bytes, ulong Consumed, bool IsOver) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "quota";
}
