namespace Portolan.Firewall.Rules.Expressions;

/// <summary>A target of x_tables inside nftables (nft_compat.c).</summary>
/// <param name="Name">Such as <c>MASQUERADE</c>.</param>
/// <param name="Revision">Of its layout.</param>
/// <param name="Info">Its parameters, laid out as its kernel header says.</param>
public sealed record XtTargetExpression(string Name, uint Revision, ReadOnlyMemory<byte> Info) : Expression
{
    /// <inheritdoc/>
    public override string KernelName => "target";
}
