using Portolan.Firewall.Rendering.Headers;
using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>A fact that has a name of its own, such as <c>meta mark</c> or <c>ct state</c>.</summary>
internal sealed class NamedOperand(string text, DataType type, int length) : Operand(length)
{
    /// <summary>What a comparison with it reports about headers, or <c>null</c>.</summary>
    public HeaderFactKind? Fact { get; init; }

    /// <summary>The header it needs, or <c>null</c>.</summary>
    public ProtocolHeader? Header { get; init; }

    /// <summary>What a comparison with it is.</summary>
    public RulePartKind Kind { get; init; }

    /// <summary>Whether nft cannot read it.</summary>
    public bool IsForeign { get; init; }

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        if (Header is not null)
        {
            scope.Headers.Add(Header);
        }

        scope.Compares(Kind);
        scope.IsLoadable &= !IsForeign;
        return new Term(text, type, type.IsHostOrder, Length);
    }
}
