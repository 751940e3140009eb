namespace Portolan.Firewall.Rules.Expressions;

/// <summary>Takes the packet out of connection tracking (nft_ct.c).</summary>
public sealed record NoTrackExpression : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "notrack";
}
