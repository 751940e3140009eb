namespace Portolan.Lab.Services.Management;

/// <summary>The few types of BER (X.690) that SNMP is made of.</summary>
internal static class SnmpBer
{
    internal const byte Integer = 0x02;
    internal const byte OctetString = 0x04;
    internal const byte Null = 0x05;
    internal const byte ObjectIdentifier = 0x06;
    internal const byte Sequence = 0x30;
    internal const byte TimeTicks = 0x43;
    internal const byte NoSuchObject = 0x80;
    internal const byte EndOfView = 0x82;

    /// <summary>Takes the next value. Fails when it is cut short or has a length of more than three bytes.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> bytes, out byte tag, out ReadOnlySpan<byte> value)
    {
        tag = 0;
        value = default;
        if (bytes.Length < 2)
        {
            return false;
        }

        tag = bytes[0];
        int length = bytes[1];
        var start = 2;
        if (length >= 0x80)
        {
            var count = length & 0x7f;
            if (count is 0 or > 3 || bytes.Length < 2 + count)
            {
                return false;
            }

            length = 0;
            for (var i = 0; i < count; i++)
            {
                length = (length << 8) | bytes[2 + i];
            }

            start += count;
        }

        if (bytes.Length - start < length)
        {
            return false;
        }

        value = bytes.Slice(start, length);
        bytes = bytes[(start + length)..];
        return true;
    }

    /// <summary>Takes the next value, which must have a tag.</summary>
    internal static bool TryRead(ref ReadOnlySpan<byte> bytes, byte tag, out ReadOnlySpan<byte> value) =>
        TryRead(ref bytes, out var found, out value) && found == tag;

    /// <summary>Takes a number of at most four bytes.</summary>
    internal static bool TryReadInteger(ref ReadOnlySpan<byte> bytes, out int number)
    {
        number = 0;
        if (!TryRead(ref bytes, Integer, out var value) || value.Length is 0 or > 4)
        {
            return false;
        }

        number = (sbyte)value[0];
        foreach (var next in value[1..])
        {
            number = (number << 8) | next;
        }

        return true;
    }

    /// <summary>A value with its tag and length.</summary>
    internal static byte[] Node(byte tag, params ReadOnlySpan<byte> value) => value.Length switch
    {
        < 0x80 => [tag, (byte)value.Length, .. value],
        < 0x100 => [tag, 0x81, (byte)value.Length, .. value],
        _ => [tag, 0x82, (byte)(value.Length >> 8), (byte)value.Length, .. value],
    };

    internal static byte[] Number(byte tag, long number)
    {
        var bytes = new List<byte>();
        do
        {
            bytes.Insert(0, (byte)number);
            number >>= 8;
        }
        while (!(number == 0 && bytes[0] < 0x80) && !(number == -1 && bytes[0] >= 0x80));
        return Node(tag, [.. bytes]);
    }
}
