namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Changes between host and network byte order (nft_byteorder.c).</summary>
/// <param name="Source">Where the value is.</param>
/// <param name="Destination">Where the result goes.</param>
/// <param name="ToHost">Network to host order (NFT_BYTEORDER_NTOH), else host to network.</param>
/// <param name="Length">Bytes in all.</param>
/// <param name="Size">Bytes of one number: 2, 4 or 8.</param>
public sealed record ByteOrderExpression(Register Source, Register Destination, bool ToHost, int Length, int Size) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "byteorder";
}
