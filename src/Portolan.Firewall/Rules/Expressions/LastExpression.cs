namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Remembers when it was last reached (nft_last.c).</summary>
/// <param name="IsSet">Whether it ever was.</param>
/// <param name="MillisecondsAgo">When.</param>
public sealed record LastExpression(bool IsSet, ulong MillisecondsAgo) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "last";
}
