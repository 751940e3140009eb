namespace Portolan.Firewall.Rules.Expressions;

/// <summary>
/// Loads part of an IPv6 extension header, a TCP option, an IPv4 option or an SCTP chunk, or whether it is there (nft_exthdr.c).
/// </summary>
/// <param name="Destination">Where to; <c>null</c> for a write or a reset.</param>
/// <param name="Source">What to write; <c>null</c> otherwise.</param>
/// <param name="Kind">Which kind of header.</param>
/// <param name="Type">The header's or option's number.</param>
/// <param name="Offset">Bytes from its start.</param>
/// <param name="Length">Bytes.</param>
/// <param name="IsPresence">Loads whether it is there (NFT_EXTHDR_F_PRESENT).</param>
public sealed record ExtensionHeaderExpression(
    Register? Destination,
    Register? Source,
    ExtensionHeaderKind Kind,
    int Type,
    int Offset,
    int Length,
    bool IsPresence) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "exthdr";
}
