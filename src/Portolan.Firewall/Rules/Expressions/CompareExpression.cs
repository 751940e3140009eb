namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Breaks unless a register compares so with a constant (nft_cmp.c). Bytes compare as memcmp does.</summary>
/// <param name="Source">Where the value is.</param>
/// <param name="Operation">How to compare.</param>
/// <param name="Data">The constant, as long as the comparison.</param>
public sealed record CompareExpression(Register Source, CompareOperation Operation, ReadOnlyMemory<byte> Data) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "cmp";
}
