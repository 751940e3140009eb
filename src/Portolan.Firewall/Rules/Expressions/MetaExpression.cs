namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a fact about the packet (nft_meta.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">Which fact.</param>
public sealed record MetaExpression(Register Destination, MetaKey Key) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "meta";
}
