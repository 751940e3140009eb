namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a fact of the packet's connection; breaks without one, but for its state (nft_ct.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Key">Which fact.</param>
/// <param name="Direction">Of which direction, where the fact has one.</param>
public sealed record ConnectionTrackingExpression(Register Destination, ConnectionKey Key, ConnectionDirection? Direction) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "ct";
}
