using Portolan.Firewall.Xt;

namespace Portolan.Firewall.Rules.Expressions;

/// <summary>A match of x_tables inside nftables (nft_compat.c), or in a legacy table.</summary>
/// <param name="Name">Such as <c>conntrack</c>. Hostile text.</param>
/// <param name="Revision">Of its layout.</param>
/// <param name="Info">Its parameters, laid out as its kernel header says.</param>
public sealed record XtMatchExpression(string Name, uint Revision, ReadOnlyMemory<byte> Info) : Expression
{
    /// <summary>What it looks at, or <c>null</c> when that is not known here.</summary>
    public XtMatch? Match { get; init; }

    /// <inheritdoc/>
    public override string KernelName => "match";
}
