namespace Portolan.Packets;

/// <summary>A 48-bit Ethernet address (IEEE 802 EUI-48).</summary>
/// <param name="Value">The six bytes as a number, the first byte highest; the upper 16 bits are zero.</param>
public readonly record struct MacAddress(ulong Value)
{
    /// <summary>Bytes of an address.</summary>
    public const int Length = 6;

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static MacAddress Broadcast => new(0xffff_ffff_ffff);

    /// <summary>Reads the first six bytes of <paramref name="bytes"/>, which must hold them.</summary>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes) =>
        new(
            ((ulong)bytes[0] << 40) | ((ulong)bytes[1] << 32) | ((ulong)bytes[2] << 24) | ((ulong)bytes[3] << 16) | ((ulong)bytes[4] << 8)
                | bytes[5]);

    /// <summary>Reads what <see cref="ToString"/> writes.</summary>
    /// <exception cref="FormatException">It is something else.</exception>
    public static MacAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var bytes = Convert.FromHexString(text.Replace(":", "", StringComparison.Ordinal));
        return bytes.Length == Length ? FromBytes(bytes) : throw new FormatException($"'{text}' is not an Ethernet address");
    }

    /// <summary>Writes six bytes.</summary>
    public void WriteBytes(Span<byte> destination)
    {
        destination[5] = (byte)Value;
        destination[4] = (byte)(Value >> 8);
        destination[3] = (byte)(Value >> 16);
        destination[2] = (byte)(Value >> 24);
        destination[1] = (byte)(Value >> 32);
        destination[0] = (byte)(Value >> 40);
    }

    /// <summary>Such as <c>02:00:00:aa:bb:cc</c>.</summary>
    public override string ToString() => string.Create(17, Value, static (text, value) =>
    {
        for (var i = 0; i < Length; i++)
        {
            var part = (int)(value >> (40 - (8 * i))) & 0xff;
            text[3 * i] = "0123456789abcdef"[part >> 4];
            text[(3 * i) + 1] = "0123456789abcdef"[part & 15];
            if (i < Length - 1)
            {
                text[(3 * i) + 2] = ':';
            }
        }
    });
}
