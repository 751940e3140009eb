using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>A value that a map has for a key.</summary>
internal sealed class MapOperand(IReadOnlyList<Operand> key, string name, ElementSet? map) : Operand(map?.DataLength ?? 4)
{
    /// <summary>The map, where it was read.</summary>
    public ElementSet? Map { get; } = map;

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var terms = KeyOperands.Resolve(key, scope, Map);
        var type = expected ?? (Map is null ? null : DataTypes.Find(Map.DataType)) ?? DataTypes.Raw;
        return new Term(
            $"{KeyOperands.Text(terms)} map {SetText.Reference(scope, name, Map, terms, expected)}", type, type.IsHostOrder, Length);
    }
}
