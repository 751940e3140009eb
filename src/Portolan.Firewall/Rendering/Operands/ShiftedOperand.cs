using System.Globalization;
using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>An operand shifted by some bits.</summary>
internal sealed class ShiftedOperand(Operand inner, bool isLeft, int bits) : Operand(inner.Length)
{
    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        // A field that does not end at a byte is masked and shifted before it can be looked up in a set.
        if (!isLeft && inner is MaskedOperand masked && masked.Field(scope, bits) is { } field)
        {
            return field;
        }

        var term = inner.Resolve(scope, expected);
        return term with { Text = string.Create(CultureInfo.InvariantCulture, $"{term.Text} {(isLeft ? "<<" : ">>")} {bits}") };
    }
}
