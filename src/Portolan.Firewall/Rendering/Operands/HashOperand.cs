using System.Globalization;
using Portolan.Firewall.Rendering.Values;
using Portolan.Firewall.Rules.Expressions;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>A hash of a key, or the symmetric hash of the packet.</summary>
internal sealed class HashOperand(IReadOnlyList<Operand>? key, HashExpression hash) : Operand(4)
{
    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var what = key is null ? "symhash" : $"jhash {KeyOperands.Text(KeyOperands.Resolve(key, scope, null))}";
        var seed = key is null || hash.Seed == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" seed 0x{hash.Seed:x}");
        var offset = hash.Offset == 0 ? "" : string.Create(CultureInfo.InvariantCulture, $" offset {hash.Offset}");
        return new Term(
            string.Create(CultureInfo.InvariantCulture, $"{what} mod {hash.Modulus}{seed}{offset}"), DataTypes.HostInteger,
            IsHostOrder: true, Length);
    }
}
