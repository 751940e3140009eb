namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a constant into a register, or gives a verdict (nft_immediate.c).</summary>
/// <param name="Destination">Where to; <see cref="Register.Verdict"/> when <paramref name="Verdict"/> is given.</param>
/// <param name="Data">The constant; empty for a verdict.</param>
/// <param name="Verdict">The verdict, or <c>null</c> for a constant.</param>
public sealed record ImmediateExpression(Register Destination, ReadOnlyMemory<byte> Data, RuleVerdict? Verdict) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "immediate";
}
