namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Writes a register into the packet (nft_payload.c).</summary>
/// <param name="Source">Where the bytes are.</param>
/// <param name="Base">Which header.</param>
/// <param name="Offset">Bytes from the header's start.</param>
/// <param name="Length">Bytes.</param>
/// <param name="ChecksumType">NFT_PAYLOAD_CSUM_*.</param>
/// <param name="ChecksumOffset">Bytes from the header's start.</param>
/// <param name="ChecksumFlags">NFT_PAYLOAD_L4CSUM_*.</param>
public sealed record PayloadWriteExpression(
    Register Source,
    PayloadBase Base,
    int Offset,
    int Length,
    uint ChecksumType,
    uint ChecksumOffset,
    uint ChecksumFlags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "payload";
}
