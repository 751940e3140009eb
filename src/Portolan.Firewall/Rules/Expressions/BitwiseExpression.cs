namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Changes the bits of a register (nft_bitwise.c).</summary>
/// <param name="Source">The left operand.</param>
/// <param name="Destination">Where the result goes.</param>
/// <param name="Second">The right operand of and, or, xor between registers.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Operation">What to do.</param>
/// <param name="Mask">The mask of mask-xor.</param>
/// <param name="Xor">What mask-xor toggles afterwards.</param>
/// <param name="Data">How far to shift (a 32-bit number, host order), or the right operand.</param>
public sealed record BitwiseExpression(
    Register Source,
    Register Destination,
    Register? Second,
    int Length,
    BitwiseOperation Operation,
    ReadOnlyMemory<byte> Mask,
    ReadOnlyMemory<byte> Xor,
    ReadOnlyMemory<byte> Data) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "bitwise";
}
