namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Hashes a key, or takes the packet's symmetric hash (nft_hash.c).</summary>
/// <param name="Source">Where the key is; <c>null</c> for the symmetric hash.</param>
/// <param name="Destination">Where to.</param>
/// <param name="Length">Bytes of the key.</param>
/// <param name="Modulus">Results are below.</param>
/// <param name="Seed">Of the hash.</param>
/// <param name="Offset">Added to the result.</param>
public sealed record HashExpression(Register? Source, Register Destination, int Length, uint Modulus, uint Seed, uint Offset) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "hash";
}
