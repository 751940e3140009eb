namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads a counter or a random number (nft_numgen.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Modulus">Results are below.</param>
/// <param name="IsRandom">Random, else one after the other.</param>
/// <param name="Offset">Added to the result.</param>
public sealed record NumberGeneratorExpression(Register Destination, uint Modulus, bool IsRandom, uint Offset) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "numgen";
}
