namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Breaks unless a register lies in a range, or outside of it (nft_range.c).</summary>
/// <param name="Source">Where the value is.</param>
/// <param name="Inverted">Whether it must lie outside.</param>
/// <param name="From">The first value.</param>
/// <param name="To">The last value.</param>
public sealed record RangeExpression(Register Source, bool Inverted, ReadOnlyMemory<byte> From, ReadOnlyMemory<byte> To) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "range";
}
