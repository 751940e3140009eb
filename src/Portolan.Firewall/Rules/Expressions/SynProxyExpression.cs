namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Answers handshakes in place of the server (nft_synproxy.c).</summary>
/// <param name="MaximumSegmentSize">In bytes.</param>
/// <param name="WindowScale">As a power of two.</param>
/// <param name="Flags">NF_SYNPROXY_OPT_*.</param>
public sealed record SynProxyExpression(ushort MaximumSegmentSize, byte WindowScale, uint Flags) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "synproxy";
}
