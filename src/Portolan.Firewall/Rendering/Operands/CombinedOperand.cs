using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>Two operands joined by <c>&amp;</c>, <c>|</c> or <c>^</c>.</summary>
internal sealed class CombinedOperand(Operand left, string sign, Operand right) : Operand(left.Length)
{
    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var term = left.Resolve(scope, expected);
        return term with { Text = $"{term.Text} {sign} {right.Resolve(scope, term.Type).Text}" };
    }
}
