namespace Portolan.Firewall.Rendering.Values;

/// <summary>A type of nft's: how bytes of a register are written as a constant.</summary>
/// <param name="name">nft's name, such as <c>ipv4_addr</c>.</param>
/// <param name="number">nft's number of it (as in NFTA_SET_KEY_TYPE), 0 for none.</param>
/// <param name="length">Bytes; 0 where it depends.</param>
/// <param name="isHostOrder">Whether registers hold it in the machine's byte order.</param>
internal abstract class DataType(string name, uint number, int length, bool isHostOrder)
{
    /// <summary>nft's name.</summary>
    public string Name { get; } = name;

    /// <summary>nft's number of it.</summary>
    public uint Number { get; } = number;

    /// <summary>Bytes; 0 where it depends.</summary>
    public int Length { get; } = length;

    /// <summary>Whether registers hold it in the machine's byte order.</summary>
    public bool IsHostOrder { get; } = isHostOrder;

    /// <summary>Whether ranges that are prefixes are written as such: <c>10.0.0.0/8</c>.</summary>
    public virtual bool HasPrefixes => false;

    /// <summary>Whether single bits of it have names, so that a list means "any of".</summary>
    public virtual bool IsFlags => false;

    /// <summary>Whether nft reads what <see cref="Format"/> writes.</summary>
    public virtual bool CanWrite(ReadOnlySpan<byte> data) => true;

    /// <summary>The constant in network byte order as nft reads it.</summary>
    public abstract string Format(ReadOnlySpan<byte> data);

    /// <summary>The same as an operand of <c>&amp;</c>, <c>|</c> and <c>^</c>, in brackets where it needs them.</summary>
    public virtual string FormatOperand(ReadOnlySpan<byte> data) => Format(data);

    /// <summary>The same as an element of a set, where a comma ends it.</summary>
    public virtual string FormatElement(ReadOnlySpan<byte> data) => Format(data);

    /// <summary>A range of constants.</summary>
    public virtual string FormatRange(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last) => $"{Format(first)}-{Format(last)}";
}
