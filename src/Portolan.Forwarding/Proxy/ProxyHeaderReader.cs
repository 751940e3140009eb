using System.Buffers.Binary;
using System.Text;

namespace Portolan.Forwarding.Proxy;

/// <summary>
/// Reads PROXY headers of both versions (HAProxy's proxy-protocol.txt, sections 2.1 and 2.2). The bytes are hostile: nothing throws, and
/// how many are looked at is bounded.
/// </summary>
internal static class ProxyHeaderReader
{
    /// <summary>
    /// The longest header that is taken. Version 1 has at most 107 bytes; additions of version 2 (certificates and the like) are skipped.
    /// </summary>
    public const int MaxLength = 4096;

    /// <summary>The longest line of version 1, its end included.</summary>
    public const int MaxLineLength = 107;

    private const int FixedLength = 16;

    /// <summary>The first twelve bytes of version 2.</summary>
    public static ReadOnlySpan<byte> Signature => "\r\n\r\n\0\r\nQUIT\n"u8;

    /// <summary>Looks at the first bytes of a connection.</summary>
    /// <param name="bytes">What has come until now.</param>
    /// <param name="header">What the header says.</param>
    /// <param name="length">How many bytes it has.</param>
    public static ProxyRead Read(ReadOnlySpan<byte> bytes, out ProxyHeader header, out int length)
    {
        header = default;
        length = 0;
        var known = Math.Min(bytes.Length, Signature.Length);
        if (bytes[..known].SequenceEqual(Signature[..known]))
        {
            return known < Signature.Length ? ProxyRead.Incomplete : ReadBinary(bytes, out header, out length);
        }

        known = Math.Min(bytes.Length, 6);
        return bytes[..known].SequenceEqual("PROXY "u8[..known]) ? ReadLine(bytes, out header, out length) : ProxyRead.Bad;
    }

    private static ProxyRead ReadBinary(ReadOnlySpan<byte> bytes, out ProxyHeader header, out int length)
    {
        header = default;
        length = 0;
        if (bytes.Length < FixedLength)
        {
            return ProxyRead.Incomplete;
        }

        var (command, family) = (bytes[12], bytes[13]);
        length = FixedLength + BinaryPrimitives.ReadUInt16BigEndian(bytes[14..]);
        if (command is not (0x20 or 0x21) || length > MaxLength)
        {
            return ProxyRead.Bad;
        }

        if (bytes.Length < length)
        {
            return ProxyRead.Incomplete;
        }

        // LOCAL and UNSPEC: the connection's own addresses are meant.
        if (command == 0x20 || family == 0)
        {
            return ProxyRead.Complete;
        }

        var body = bytes[FixedLength..length];
        switch (family)
        {
            case 0x11 when body.Length >= 12:
                header = Addresses(body, 4);
                return ProxyRead.Complete;
            case 0x21 when body.Length >= 36:
                header = Addresses(body, 16);
                return ProxyRead.Complete;
            case 0x31 when body.Length >= 216:
                return ProxyRead.Complete;
            default:
                return ProxyRead.Bad;
        }
    }

    private static ProxyHeader Addresses(ReadOnlySpan<byte> body, int size) => new(
        InternetAddress.FromBytes(body[..size]).Unmap(),
        new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(body[(2 * size)..])),
        InternetAddress.FromBytes(body.Slice(size, size)).Unmap(),
        new PortNumber(BinaryPrimitives.ReadUInt16BigEndian(body[((2 * size) + 2)..])));

    private static ProxyRead ReadLine(ReadOnlySpan<byte> bytes, out ProxyHeader header, out int length)
    {
        header = default;
        length = 0;
        var end = bytes[..Math.Min(bytes.Length, MaxLineLength)].IndexOf("\r\n"u8);
        if (end < 0)
        {
            return bytes.Length >= MaxLineLength ? ProxyRead.Bad : ProxyRead.Incomplete;
        }

        length = end + 2;
        if (!Ascii.IsValid(bytes[..end]))
        {
            return ProxyRead.Bad;
        }

        var words = Encoding.ASCII.GetString(bytes[..end]).Split(' ');
        if (words is ["PROXY", "UNKNOWN", ..])
        {
            return ProxyRead.Complete;
        }

        // Nothing but one space between words, and numbers without zeros in front (section 2.1).
        if (words is not ["PROXY", "TCP4" or "TCP6", var source, var destination, var sourcePort, var destinationPort]
            || !InternetAddress.TryParse(source, out var from) || !InternetAddress.TryParse(destination, out var to)
            || from.IsIPv4 != (words[1] == "TCP4") || to.IsIPv4 != from.IsIPv4
            || !TryPort(sourcePort, out var fromPort) || !TryPort(destinationPort, out var toPort))
        {
            return ProxyRead.Bad;
        }

        header = new ProxyHeader(from.Unmap(), fromPort, to.Unmap(), toPort);
        return ProxyRead.Complete;
    }

    private static bool TryPort(string text, out PortNumber port) =>
        PortNumber.TryParse(text, out port) && (text.Length == 1 || text[0] != '0');
}
