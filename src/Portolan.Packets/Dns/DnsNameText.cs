using System.Text;
using Portolan.Model;

namespace Portolan.Packets;

/// <summary>Domain names as text, and back to bytes.</summary>
public static class DnsNameText
{
    private const int MaxLabelLength = 63;

    /// <summary>Encodes a text such as <c>www.example.com</c>, with or without its last dot, without compression.</summary>
    /// <remarks>
    /// Understands the escapes of master files (RFC 1035 section 5.1): <c>\.</c> and <c>\DDD</c>. Other characters than ASCII are refused:
    /// turn them into punycode first.
    /// </remarks>
    /// <param name="text">The name; <c>.</c> is the root.</param>
    /// <param name="destination">At most <see cref="DnsName.MaxLength"/> bytes are needed.</param>
    /// <param name="length">Bytes written.</param>
    /// <returns>False for an empty label, one of more than 63 bytes, a name of more than 255, a wrong escape, or too little room.</returns>
    public static bool TryEncode(ReadOnlySpan<char> text, Span<byte> destination, out int length)
    {
        length = 0;
        destination = destination[..Math.Min(destination.Length, DnsName.MaxLength)];
        if (text.IsEmpty || destination.IsEmpty)
        {
            return false;
        }

        if (text is ".")
        {
            destination[0] = 0;
            length = 1;
            return true;
        }

        // The length of a label is known at its end; until then its place is kept.
        var label = 0;
        var next = 1;
        while (!text.IsEmpty)
        {
            if (text[0] == '.')
            {
                if (!TryEndLabel(destination, label, next))
                {
                    return false;
                }

                label = next++;
                text = text[1..];
            }
            else if (!TryReadByte(ref text, out var value) || next >= destination.Length)
            {
                return false;
            }
            else
            {
                destination[next++] = value;
            }
        }

        // After a last dot the label that was opened is the root itself.
        if (next - label > 1)
        {
            if (!TryEndLabel(destination, label, next))
            {
                return false;
            }

            label = next++;
        }

        if (label >= destination.Length)
        {
            return false;
        }

        destination[label] = 0;
        length = next;
        return true;
    }

    /// <summary>
    /// The name that tells the name of an address: <c>2.0.18.198.in-addr.arpa</c> (RFC 1035 section 3.5) or nibbles under <c>ip6.arpa</c>
    /// (RFC 3596 section 2.5).
    /// </summary>
    public static string ReverseOf(InternetAddress address)
    {
        Span<byte> bytes = stackalloc byte[16];
        bytes = bytes[..address.WriteBytes(bytes)];
        var text = new StringBuilder(80);
        for (var i = bytes.Length - 1; i >= 0; i--)
        {
            if (address.IsIPv4)
            {
                text.Append(bytes[i]).Append('.');
            }
            else
            {
                text.Append("0123456789abcdef"[bytes[i] & 15]).Append('.').Append("0123456789abcdef"[bytes[i] >> 4]).Append('.');
            }
        }

        return text.Append(address.IsIPv4 ? "in-addr.arpa" : "ip6.arpa").ToString();
    }

    private static bool TryEndLabel(Span<byte> destination, int label, int next)
    {
        var length = next - label - 1;
        if (length is 0 or > MaxLabelLength || label >= destination.Length)
        {
            return false;
        }

        destination[label] = (byte)length;
        return true;
    }

    private static bool TryReadByte(ref ReadOnlySpan<char> text, out byte value)
    {
        var used = 1;
        var character = text[0];
        if (character == '\\')
        {
            if (text.Length >= 4 && char.IsAsciiDigit(text[1]) && char.IsAsciiDigit(text[2]) && char.IsAsciiDigit(text[3]))
            {
                used = 4;
                character = (char)(((text[1] - '0') * 100) + ((text[2] - '0') * 10) + text[3] - '0');
                value = (byte)character;
                text = text[used..];
                return character < 256;
            }

            if (text.Length < 2 || char.IsAsciiDigit(text[1]))
            {
                value = 0;
                return false;
            }

            used = 2;
            character = text[1];
        }

        value = (byte)character;
        text = text[used..];
        return character < 0x80;
    }
}
