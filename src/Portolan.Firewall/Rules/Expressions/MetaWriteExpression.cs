namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Sets a fact about the packet, such as its mark (nft_meta.c).</summary>
/// <param name="Source">The value.</param>
/// <param name="Key">Which fact.</param>
public sealed record MetaWriteExpression(Register Source, MetaKey Key) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "meta";
}
