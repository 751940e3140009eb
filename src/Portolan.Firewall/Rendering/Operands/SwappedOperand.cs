using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>An operand in the other byte order. nft does that by itself where it compares or looks up ranges.</summary>
internal sealed class SwappedOperand(Operand inner) : Operand(inner.Length)
{
    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var term = inner.Resolve(scope, expected);
        return term with { IsHostOrder = !term.IsHostOrder };
    }
}
