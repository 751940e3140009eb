namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Sets a fact of the packet's connection, such as its mark (nft_ct.c).</summary>
/// <param name="Source">The value.</param>
/// <param name="Key">Which fact.</param>
/// <param name="Direction">Of which direction, where the fact has one.</param>
public sealed record ConnectionTrackingWriteExpression(Register Source, ConnectionKey Key, ConnectionDirection? Direction) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "ct";
}
