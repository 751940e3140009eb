using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rules.Expressions;

/// <summary>A target of x_tables inside nftables (nft_compat.c), or in a legacy table.</summary>
/// <param name="Name">Such as <c>MASQUERADE</c>. Hostile text.</param>
/// <param name="Revision">Of its layout.</param>
/// <param name="Info">Its parameters, laid out as its kernel header says.</param>
public sealed record XtTargetExpression(string Name, uint Revision, ReadOnlyMemory<byte> Info) : Expression
{
    /// <summary>What it does, or <c>null</c> when that is not known here.</summary>
    public XtTarget? Target { get; init; }

    /// <inheritdoc/>
    public override string KernelName => "target";
}
