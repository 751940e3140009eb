using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes ICMPv6 messages (RFC 4443).</summary>
public static class Icmpv6Writer
{
    /// <summary>Writes any message with its checksum. Returns its length.</summary>
    /// <param name="message">Room for 8 bytes and the payload.</param>
    /// <param name="source">The packet's sender, for the checksum.</param>
    /// <param name="destination">The packet's receiver.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">The code.</param>
    /// <param name="rest">The second four bytes of the header, which each type reads in its own way.</param>
    /// <param name="payload">What follows the header.</param>
    public static int Write(
        Span<byte> message, InternetAddress source, InternetAddress destination, Icmpv6Type type, byte code, uint rest,
        ReadOnlySpan<byte> payload = default)
    {
        payload.CopyTo(message[Icmpv6Message.HeaderLength..]);
        message[0] = (byte)type;
        message[1] = code;
        WriteUInt16BigEndian(message[2..], 0);
        WriteUInt32BigEndian(message[4..], rest);
        var length = Icmpv6Message.HeaderLength + payload.Length;
        WriteUInt16BigEndian(message[2..], InternetChecksum.OfTransport(source, destination, IpProtocol.Icmpv6, message[..length]));
        return length;
    }

    /// <summary>Writes a ping.</summary>
    public static int WriteEchoRequest(
        Span<byte> message, InternetAddress source, InternetAddress destination, ushort identifier, ushort sequenceNumber,
        ReadOnlySpan<byte> payload = default) =>
        Write(message, source, destination, Icmpv6Type.EchoRequest, 0, ((uint)identifier << 16) | sequenceNumber, payload);

    /// <summary>Writes the answer to a ping.</summary>
    public static int WriteEchoReply(
        Span<byte> message, InternetAddress source, InternetAddress destination, ushort identifier, ushort sequenceNumber,
        ReadOnlySpan<byte> payload = default) =>
        Write(message, source, destination, Icmpv6Type.EchoReply, 0, ((uint)identifier << 16) | sequenceNumber, payload);

    /// <summary>Writes that a packet could not be delivered; <paramref name="quoted"/> is its start.</summary>
    public static int WriteUnreachable(
        Span<byte> message, InternetAddress source, InternetAddress destination, Icmpv6UnreachableCode code, ReadOnlySpan<byte> quoted) =>
        Write(message, source, destination, Icmpv6Type.DestinationUnreachable, (byte)code, 0, quoted);
}
