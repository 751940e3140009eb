using System.Buffers.Binary;
using System.Text;

namespace Portolan.Store.Files;

/// <summary>
/// Reads the records of rows (sqlite.org/fileformat2.html §2.1). What is not a record gives <c>null</c>, whatever its bytes are.
/// </summary>
internal static class SqliteRecord
{
    /// <summary>A number of 1 to 9 bytes; its length is 0 where the bytes end before it does.</summary>
    public static (long Value, int Length) Varint(ReadOnlySpan<byte> bytes)
    {
        var value = 0L;
        for (var i = 0; i < 9 && i < bytes.Length; i++)
        {
            if (i == 8)
            {
                return ((value << 8) | bytes[i], 9);
            }

            value = (value << 7) | (long)(bytes[i] & 0x7f);
            if (bytes[i] < 0x80)
            {
                return (value, i + 1);
            }
        }

        return (0, 0);
    }

    /// <summary>The values of a record: <c>null</c>, <see cref="long"/>, <see cref="double"/>, <see cref="string"/> or bytes.</summary>
    public static object?[]? Read(ReadOnlySpan<byte> record)
    {
        var (headerLength, at) = Varint(record);
        if (at == 0 || headerLength < at || headerLength > record.Length)
        {
            return null;
        }

        var values = new List<object?>();
        var body = record[(int)headerLength..];
        for (var header = record[at..(int)headerLength]; header.Length > 0;)
        {
            var (type, length) = Varint(header);
            if (length == 0 || LengthOf(type) is not { } size || size > body.Length || !TryRead(type, body[..(int)size], out var value))
            {
                return null;
            }

            values.Add(value);
            header = header[length..];
            body = body[(int)size..];
        }

        return body.Length == 0 ? [.. values] : null;
    }

    private static long? LengthOf(long type) => type switch
    {
        < 0 or 10 or 11 => null,
        <= 4 => type,
        5 => 6,
        6 or 7 => 8,
        8 or 9 => 0,
        _ => (type - 12) / 2,
    };

    private static bool TryRead(long type, ReadOnlySpan<byte> bytes, out object? value)
    {
        value = type switch
        {
            0 => null,
            7 => BinaryPrimitives.ReadDoubleBigEndian(bytes),
            8 or 9 => type - 8,
            <= 6 => Signed(bytes),
            _ when type % 2 == 0 => bytes.ToArray(),
            _ => TextOf(bytes),
        };
        return type <= 12 || type % 2 == 0 || value is not null;
    }

    private static long Signed(ReadOnlySpan<byte> bytes)
    {
        var value = (long)(sbyte)bytes[0];
        foreach (var next in bytes[1..])
        {
            value = (value << 8) | next;
        }

        return value;
    }

    private static string? TextOf(ReadOnlySpan<byte> bytes)
    {
        try
        {
            return Strict.GetString(bytes);
        }
        catch (DecoderFallbackException)
        {
            return null;
        }
    }

    private static readonly UTF8Encoding Strict = new(encoderShouldEmitUTF8Identifier: false, throwOnInvalidBytes: true);
}
