using System.Globalization;

namespace Portolan.Firewall.Rendering.Values;

/// <summary>Numbers and bytes of registers.</summary>
internal static class ByteText
{
    /// <summary>A number of up to 16 bytes, the most significant first.</summary>
    public static UInt128 Number(ReadOnlySpan<byte> bigEndian)
    {
        UInt128 value = 0;
        foreach (var one in bigEndian)
        {
            value = (value << 8) | one;
        }

        return value;
    }

    /// <summary>The bytes of a number, the most significant first.</summary>
    public static byte[] Bytes(UInt128 value, int length)
    {
        var bytes = new byte[length];
        for (var i = length - 1; i >= 0; i--, value >>= 8)
        {
            bytes[i] = (byte)value;
        }

        return bytes;
    }

    /// <summary>The bytes in network order, of a constant that may be in the machine's.</summary>
    public static byte[] ToNetwork(ReadOnlySpan<byte> data, bool isHostOrder)
    {
        var bytes = data.ToArray();
        if (isHostOrder && BitConverter.IsLittleEndian)
        {
            Array.Reverse(bytes);
        }

        return bytes;
    }

    /// <summary><c>0x00ff</c>.</summary>
    public static string Hex(ReadOnlySpan<byte> data) => data.IsEmpty ? "0x0" : $"0x{Convert.ToHexStringLower(data)}";

    /// <summary>A decimal number where it fits 64 bits, else hexadecimal.</summary>
    public static string Decimal(ReadOnlySpan<byte> data) =>
        data.Length <= 8 ? ((ulong)Number(data)).ToString(CultureInfo.InvariantCulture) : Hex(data);

    /// <summary>How many leading bits are set, when no other bit is; <c>null</c> otherwise.</summary>
    public static int? PrefixLength(ReadOnlySpan<byte> mask)
    {
        var bits = 0;
        while (bits < mask.Length * 8 && (mask[bits / 8] & (0x80 >> (bits % 8))) != 0)
        {
            bits++;
        }

        for (var i = bits; i < mask.Length * 8; i++)
        {
            if ((mask[i / 8] & (0x80 >> (i % 8))) != 0)
            {
                return null;
            }
        }

        return bits;
    }

    /// <summary>The prefix length of a range that is a whole prefix; <c>null</c> otherwise.</summary>
    public static int? PrefixLength(ReadOnlySpan<byte> first, ReadOnlySpan<byte> last)
    {
        if (first.Length != last.Length)
        {
            return null;
        }

        var mask = new byte[first.Length];
        for (var i = 0; i < mask.Length; i++)
        {
            if ((first[i] & ~last[i]) != 0)
            {
                return null;
            }

            mask[i] = (byte)~(first[i] ^ last[i]);
        }

        if (PrefixLength(mask) is not { } bits)
        {
            return null;
        }

        for (var i = bits; i < first.Length * 8; i++)
        {
            if ((first[i / 8] & (0x80 >> (i % 8))) != 0)
            {
                return null;
            }
        }

        return bits;
    }

    /// <summary>Whether no bit is set.</summary>
    public static bool IsZero(ReadOnlySpan<byte> data) => !data.ContainsAnyExcept((byte)0);
}
