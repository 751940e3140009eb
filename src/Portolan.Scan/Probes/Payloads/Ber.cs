namespace Portolan.Scan.Probes.Payloads;

/// <summary>The little of ASN.1's basic encoding rules (X.690) that SNMP and LDAP need.</summary>
internal static class Ber
{
    internal const byte Boolean = 0x01;
    internal const byte Integer = 0x02;
    internal const byte OctetString = 0x04;
    internal const byte Null = 0x05;
    internal const byte ObjectIdentifier = 0x06;
    internal const byte Enumerated = 0x0a;
    internal const byte Sequence = 0x30;

    /// <summary>An element of at most 255 bytes of content.</summary>
    internal static byte[] Node(byte tag, params ReadOnlySpan<byte[]> parts)
    {
        var content = new List<byte>();
        foreach (var part in parts)
        {
            content.AddRange(part);
        }

        return content.Count < 0x80 ? [tag, (byte)content.Count, .. content] : [tag, 0x81, checked((byte)content.Count), .. content];
    }

    /// <summary>A positive integer of four bytes; their first bit must be 0.</summary>
    internal static byte[] Id(uint value) => [Integer, 4, (byte)(value >> 24), (byte)(value >> 16), (byte)(value >> 8), (byte)value];

    /// <summary>A number of 0–127.</summary>
    internal static byte[] Small(byte value, byte tag = Integer) => [tag, 1, value];

    /// <summary>
    /// Takes the next element off <paramref name="rest"/>. Fails when it is cut short, or has a long tag or no definite length.
    /// </summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> rest, out byte tag, out ReadOnlySpan<byte> content)
    {
        tag = 0;
        content = default;
        if (rest.Length < 2 || (rest[0] & 0x1f) == 0x1f)
        {
            return false;
        }

        var length = (long)rest[1];
        var header = 2;
        if (length >= 0x80)
        {
            var count = (int)(length & 0x7f);
            if (count is 0 or > 4 || rest.Length < 2 + count)
            {
                return false;
            }

            length = 0;
            for (var i = 0; i < count; i++)
            {
                length = (length << 8) | rest[2 + i];
            }

            header += count;
        }

        if (length > rest.Length - header)
        {
            return false;
        }

        tag = rest[0];
        content = rest.Slice(header, (int)length);
        rest = rest[(header + (int)length)..];
        return true;
    }

    /// <summary>Takes the next element off <paramref name="rest"/> when it has this tag.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> rest, byte tag, out ReadOnlySpan<byte> content) =>
        TryRead(ref rest, out var found, out content) && found == tag;

    /// <summary>Takes an integer that fits 32 bits off <paramref name="rest"/>.</summary>
    internal static bool TryReadInteger(ref ReadOnlySpan<byte> rest, out int value)
    {
        value = 0;
        if (!TryRead(ref rest, Integer, out var content) || content.Length is 0 or > 4)
        {
            return false;
        }

        value = (sbyte)content[0];
        foreach (var part in content[1..])
        {
            value = (value << 8) | part;
        }

        return true;
    }
}
