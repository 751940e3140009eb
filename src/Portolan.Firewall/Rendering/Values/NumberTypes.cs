using System.Globalization;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>Decimal numbers.</summary>
internal sealed class NumberType(string name, uint number, int length, bool isHostOrder) : DataType(name, number, length, isHostOrder)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => ByteText.Decimal(data);
}

/// <summary>Hexadecimal numbers, such as marks.</summary>
internal sealed class HexType(string name, uint number, int length, bool isHostOrder) : DataType(name, number, length, isHostOrder)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => ByteText.Hex(data);
}

/// <summary>Numbers that have names; the others stay numbers.</summary>
/// <param name="name">nft's name.</param>
/// <param name="number">nft's number.</param>
/// <param name="length">Bytes.</param>
/// <param name="isHostOrder">Byte order.</param>
/// <param name="names">The names.</param>
/// <param name="isHex">Whether numbers are written hexadecimal.</param>
internal sealed class NamedNumberType(
    string name, uint number, int length, bool isHostOrder, Func<ulong, string?> names, bool isHex = false)
    : DataType(name, number, length, isHostOrder)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) =>
        data.Length <= 8 && names((ulong)ByteText.Number(data)) is { } word ? word : isHex ? ByteText.Hex(data) : ByteText.Decimal(data);

    // A name may hold a dash, which would end the first number of a range.
    /// <inheritdoc/>
    public override string FormatRange(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last) =>
        isHex ? $"{ByteText.Hex(first)}-{ByteText.Hex(last)}" : $"{ByteText.Decimal(first)}-{ByteText.Decimal(last)}";
}

/// <summary>0 and 1 by the words nft has for them.</summary>
internal sealed class BooleanType() : DataType("boolean", 39, 1, isHostOrder: true)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) =>
        ByteText.Number(data) == 0 ? "missing" : ByteText.Number(data) == 1 ? "exists" : ByteText.Decimal(data);
}

/// <summary>A traffic class, <c>1:2</c> in hexadecimal (linux/pkt_sched.h: TC_H_MAJ).</summary>
internal sealed class ClassIdType() : DataType("classid", 23, 4, isHostOrder: true)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => (uint)ByteText.Number(data) switch
    {
        0 => "none",
        uint.MaxValue => "root",
        var value => string.Create(CultureInfo.InvariantCulture, $"{value >> 16:x}:{value & 0xffff:x}"),
    };
}

/// <summary>An interface's index; only that of the loopback is the same everywhere, so it alone has a name.</summary>
internal sealed class InterfaceIndexType() : DataType("iface_index", 20, 4, isHostOrder: true)
{
    /// <inheritdoc/>
    public override string Format(ReadOnlySpan<byte> data) => ByteText.Number(data) == 1 ? "\"lo\"" : ByteText.Decimal(data);
}
