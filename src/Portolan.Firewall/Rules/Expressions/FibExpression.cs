namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Looks the packet's address up in the routing tables (nft_fib.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Result">What to load.</param>
/// <param name="Flags">Which address, and by which facts.</param>
public sealed record FibExpression(Register Destination, FibResult Result, FibFlags Flags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "fib";
}
