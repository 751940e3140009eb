using System.Buffers.Binary;
using System.Globalization;
using System.Text.Unicode;

namespace Portolan.Forwarding.Proxy;

/// <summary>Writes PROXY headers of both versions (HAProxy's proxy-protocol.txt).</summary>
internal static class ProxyHeaderWriter
{
    /// <summary>The longest that is written.</summary>
    public const int MaxLength = ProxyHeaderReader.MaxLineLength;

    /// <summary>Writes the header; its length.</summary>
    /// <param name="version">1 or 2.</param>
    /// <param name="header">What it says; without addresses it says that they are not known.</param>
    /// <param name="destination">At least <see cref="MaxLength"/> bytes.</param>
    public static int Write(int version, in ProxyHeader header, Span<byte> destination) =>
        header is { Source: { } source, Destination: { } target }
            ? version == 1 ? WriteLine(header, source, target, destination) : WriteBinary(header, source, target, destination)
            : WriteUnknown(version, destination);

    private static int WriteLine(in ProxyHeader header, InternetAddress source, InternetAddress target, Span<byte> destination)
    {
        var isIPv4 = source.IsIPv4 && target.IsIPv4;
        var (from, to) = isIPv4 ? (source.ToString(), target.ToString()) : (TextOfIPv6(source), TextOfIPv6(target));
        Utf8.TryWrite(
            destination, CultureInfo.InvariantCulture,
            $"PROXY {(isIPv4 ? "TCP4" : "TCP6")} {from} {to} {header.SourcePort.Value} {header.DestinationPort.Value}\r\n",
            out var written);
        return written;
    }

    // IPv4 beside IPv6 is written as IPv6 (RFC 4291 section 2.5.5.2).
    private static string TextOfIPv6(InternetAddress address) => address.IsIPv4 ? $"::ffff:{address}" : address.ToString();

    private static int WriteBinary(in ProxyHeader header, InternetAddress source, InternetAddress target, Span<byte> destination)
    {
        var isIPv4 = source.IsIPv4 && target.IsIPv4;
        var size = isIPv4 ? 4 : 16;
        ProxyHeaderReader.Signature.CopyTo(destination);
        destination[12] = 0x21;
        destination[13] = isIPv4 ? (byte)0x11 : (byte)0x21;
        BinaryPrimitives.WriteUInt16BigEndian(destination[14..], (ushort)((2 * size) + 4));
        var body = destination.Slice(16, (2 * size) + 4);
        WriteAddress(source, isIPv4, body);
        WriteAddress(target, isIPv4, body[size..]);
        BinaryPrimitives.WriteUInt16BigEndian(body[(2 * size)..], header.SourcePort.Value);
        BinaryPrimitives.WriteUInt16BigEndian(body[((2 * size) + 2)..], header.DestinationPort.Value);
        return 16 + body.Length;
    }

    private static void WriteAddress(InternetAddress address, bool asIPv4, Span<byte> destination)
    {
        if (address.IsIPv4 && !asIPv4)
        {
            destination[..16].Clear();
            destination[10] = destination[11] = 0xff;
            address.WriteBytes(destination[12..16]);
        }
        else
        {
            address.WriteBytes(destination[..(asIPv4 ? 4 : 16)]);
        }
    }

    private static int WriteUnknown(int version, Span<byte> destination)
    {
        if (version == 1)
        {
            "PROXY UNKNOWN\r\n"u8.CopyTo(destination);
            return 15;
        }

        ProxyHeaderReader.Signature.CopyTo(destination);
        destination[12] = 0x21;
        destination[13..16].Clear();
        return 16;
    }
}
