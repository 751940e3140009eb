namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Counts packets and bytes (nft_counter.c).</summary>
/// <param name="Bytes">So far.</param>
/// <param name="Packets">So far.</param>
public sealed record CounterExpression(ulong Bytes, ulong Packets) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "counter";
}
