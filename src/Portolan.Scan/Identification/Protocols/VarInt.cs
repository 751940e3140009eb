namespace Portolan.Scan.Identification.Protocols;

/// <summary>Numbers in groups of seven bits, lowest first, as protocol buffers and Minecraft write them.</summary>
internal static class VarInt
{
    /// <summary>Takes a number of up to 35 bits off; <c>false</c> where it is not whole or too long.</summary>
    public static bool TryTake(scoped ref ReadOnlySpan<byte> rest, out long value)
    {
        value = 0;
        for (var i = 0; i < Math.Min(5, rest.Length); i++)
        {
            value |= (long)(rest[i] & 0x7F) << (7 * i);
            if (rest[i] < 0x80)
            {
                rest = rest[(i + 1)..];
                return true;
            }
        }

        return false;
    }

    /// <summary>Takes a text of such a length off; <c>false</c> where it is not whole.</summary>
    public static bool TryTakeBytes(scoped ref ReadOnlySpan<byte> rest, out ReadOnlySpan<byte> bytes)
    {
        bytes = default;
        var at = rest;
        if (!TryTake(ref at, out var length) || length > at.Length)
        {
            return false;
        }

        bytes = at[..(int)length];
        rest = at[(int)length..];
        return true;
    }
}
