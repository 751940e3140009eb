namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Loads the name of the sender's system (nft_osf.c).</summary>
/// <param name="Destination">Where to.</param>
/// <param name="Ttl">How the TTL is compared.</param>
/// <param name="Flags">NFT_OSF_F_*.</param>
public sealed record OsFingerprintExpression(Register Destination, byte Ttl, uint Flags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "osf";
}
