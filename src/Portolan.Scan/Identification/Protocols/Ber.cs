using System.Formats.Asn1;

namespace Portolan.Scan.Identification.Protocols;

/// <summary>Reads and writes BER (X.690), which LDAP, SNMP and Kerberos speak.</summary>
internal static class Ber
{
    /// <summary>Writes a message.</summary>
    public static byte[] Write(Action<AsnWriter> content)
    {
        var writer = new AsnWriter(AsnEncodingRules.DER);
        content(writer);
        return writer.Encode();
    }

    /// <summary>Reads a message; <c>null</c> where it is not well formed.</summary>
    public static T? TryRead<T>(ReadOnlySpan<byte> bytes, Func<AsnReader, T?> read)
        where T : class
    {
        try
        {
            return read(new AsnReader(bytes.ToArray(), AsnEncodingRules.BER));
        }
        catch (Exception exception) when (exception is AsnContentException or InvalidOperationException or FormatException)
        {
            return null;
        }
    }

    /// <summary>
    /// The length of the first element, its tag and length included; 0 where more bytes are needed to tell, -1 where there is none.
    /// </summary>
    public static int LengthOf(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < 2)
        {
            return 0;
        }

        if (bytes[1] < 0x80)
        {
            return 2 + bytes[1];
        }

        var octets = bytes[1] & 0x7F;
        if (octets is 0 or > 4)
        {
            return -1;
        }

        if (bytes.Length < 2 + octets)
        {
            return 0;
        }

        long length = 0;
        foreach (var one in bytes.Slice(2, octets))
        {
            length = (length << 8) | one;
        }

        return length > Conversation.MaxReplyLength ? -1 : 2 + octets + (int)length;
    }
}
