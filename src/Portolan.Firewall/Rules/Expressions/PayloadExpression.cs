namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads bytes of the packet into a register; breaks when it is too short (nft_payload.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Base">Which header.</param>
/// <param name="Offset">Bytes from the header's start.</param>
/// <param name="Length">Bytes.</param>
public sealed record PayloadExpression(Register Destination, PayloadBase Base, int Offset, int Length) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "payload";
}
