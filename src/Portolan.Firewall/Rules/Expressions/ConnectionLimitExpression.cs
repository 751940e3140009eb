namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Breaks when there are more connections in the set than the limit (nft_connlimit.c).</summary>
/// <param name="Count">The limit.</param>
/// <param name="IsOver">Matches what exceeds it.</param>
public sealed record ConnectionLimitExpression(uint Count, bool IsOver) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "connlimit";
}
