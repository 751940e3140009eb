namespace Portolan.Packets;

/// <summary>The response and interval codes of queries: a number, or above a limit a small floating-point form.</summary>
public static class MulticastCode
{
    /// <summary>
    /// Decodes eight bits: IGMPv3's Max Resp Code (tenths of a second) and both protocols' QQIC (seconds) (RFC 9776 sections 4.1.1 and
    /// 4.1.7).
    /// </summary>
    public static int Decode8(byte code) => code < 0x80 ? code : ((code & 0xf) | 0x10) << (((code >> 4) & 7) + 3);

    /// <summary>Decodes sixteen bits: MLDv2's Maximum Response Code, milliseconds (RFC 9777 section 5.1.3).</summary>
    public static int Decode16(ushort code) => code < 0x8000 ? code : ((code & 0xfff) | 0x1000) << (((code >> 12) & 7) + 3);

    /// <summary>The code of the greatest value that is not above <paramref name="value"/>; values over 31,744 become that.</summary>
    public static byte Encode8(int value) => (byte)Encode(value, mantissaBits: 4);

    /// <summary>The code of the greatest value that is not above <paramref name="value"/>; values over 8,387,584 become that.</summary>
    public static ushort Encode16(int value) => (ushort)Encode(value, mantissaBits: 12);

    private static int Encode(int value, int mantissaBits)
    {
        var limit = 1 << (mantissaBits + 3);
        if (value < limit)
        {
            return Math.Max(0, value);
        }

        for (var exponent = 0; exponent <= 7; exponent++)
        {
            var mantissa = value >> (exponent + 3);
            if (mantissa < 2 << mantissaBits)
            {
                return limit | (exponent << mantissaBits) | (mantissa & ((1 << mantissaBits) - 1));
            }
        }

        return (2 * limit) - 1;
    }
}
