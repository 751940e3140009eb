using System.Buffers.Text;

namespace Portolan.Sockets.Acquire.ProcNet;

/// <summary>Walks the blank-separated fields of one line. Never throws.</summary>
internal ref struct FieldReader(ReadOnlySpan<byte> line)
{
    private ReadOnlySpan<byte> _rest = line;

    /// <summary>What has not been read, without the blanks before it.</summary>
    internal readonly ReadOnlySpan<byte> Rest => _rest.TrimStart(" \t"u8);

    /// <summary>The next field.</summary>
    internal bool TryNext(out ReadOnlySpan<byte> field)
    {
        var rest = Rest;
        var end = rest.IndexOfAny((byte)' ', (byte)'\t');
        field = end < 0 ? rest : rest[..end];
        _rest = rest[field.Length..];
        return !field.IsEmpty;
    }

    /// <summary>Passes over fields.</summary>
    internal bool TrySkip(int count)
    {
        while (count-- > 0)
        {
            if (!TryNext(out _))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The next field as a decimal number.</summary>
    internal bool TryNextDecimal(out uint value)
    {
        value = 0;
        return TryNext(out var field) && TryDecimal(field, out value);
    }

    /// <summary>The next field as a hexadecimal number.</summary>
    internal bool TryNextHex(out uint value)
    {
        value = 0;
        return TryNext(out var field) && TryHex(field, out value);
    }

    /// <summary>The next field as two hexadecimal numbers with a colon between.</summary>
    internal bool TryNextHexPair(out uint first, out uint second)
    {
        first = second = 0;
        if (!TryNext(out var field))
        {
            return false;
        }

        var colon = field.IndexOf((byte)':');
        return colon > 0 && TryHex(field[..colon], out first) && TryHex(field[(colon + 1)..], out second);
    }

    /// <summary>All of <paramref name="text"/> as a decimal number.</summary>
    internal static bool TryDecimal(ReadOnlySpan<byte> text, out uint value) =>
        Utf8Parser.TryParse(text, out value, out var used) && used == text.Length;

    /// <summary>All of <paramref name="text"/> as a hexadecimal number of up to 32 bits.</summary>
    internal static bool TryHex(ReadOnlySpan<byte> text, out uint value) =>
        Utf8Parser.TryParse(text, out value, out var used, 'X') && used == text.Length;
}
