using Portolan.Firewall.Rendering.Values;

namespace Portolan.Firewall.Rendering.Operands;

/// <summary>A constant.</summary>
internal sealed class ConstantOperand(ReadOnlyMemory<byte> data) : Operand(data.Length)
{
    /// <summary>Its bytes.</summary>
    public ReadOnlyMemory<byte> Data { get; } = data;

    /// <inheritdoc/>
    public override Term Resolve(TermScope scope, DataType? expected = null)
    {
        var type = expected ?? DataTypes.Raw;
        return new Term(type.Format(ByteText.ToNetwork(Data.Span, type.IsHostOrder)), type, type.IsHostOrder, Length);
    }
}
