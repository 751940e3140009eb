using System.Globalization;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>Bits with names.</summary>
/// <param name="name">nft's name.</param>
/// <param name="number">nft's number.</param>
/// <param name="length">Bytes.</param>
/// <param name="isHostOrder">Byte order.</param>
/// <param name="bits">The names of bits.</param>
internal sealed class FlagsType(string name, uint number, int length, bool isHostOrder, IReadOnlyList<(ulong Bit, string Name)> bits)
    : DataType(name, number, length, isHostOrder)
{
    /// <inheritdoc/>
    public override bool IsFlags => true;

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => Names(data, ",");

    /// <inheritdoc/>
    public override string FormatElement(ReadOnlySpan<byte> data) => Names(data, " | ");

    /// <inheritdoc/>
    public override string FormatOperand(ReadOnlySpan<byte> data)
    {
        var names = Names(data, " | ");
        return names.Contains('|', StringComparison.Ordinal) ? $"({names})" : names;
    }

    private string Names(ReadOnlySpan<byte> data, string separator)
    {
        var rest = ByteText.Number(data);
        if (rest == 0)
        {
            return "0x0";
        }

        var names = new List<string>();
        foreach (var (bit, word) in bits)
        {
            if ((rest & bit) == bit)
            {
                names.Add(word);
                rest &= ~(UInt128)bit;
            }
        }

        return rest == 0 ? string.Join(separator, names) : ByteText.Hex(data);
    }
}

/// <summary>Labels of connections: 128 bits in host order of their words, named by their number.</summary>
internal sealed class LabelType() : DataType("ct_label", 30, 16, isHostOrder: true)
{
    /// <inheritdoc/>
    public override bool IsFlags => true;

    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data)
    {
        var value = ByteText.Number(data);
        return UInt128.PopCount(value) == 1 ? ((int)UInt128.Log2(value)).ToString(CultureInfo.InvariantCulture) : ByteText.Hex(data);
    }
}
