using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes ICMP messages (RFC 792).</summary>
public static class IcmpWriter
{
    /// <summary>Writes any message with its checksum. Returns its length.</summary>
    /// <param name="message">Room for 8 bytes and the payload.</param>
    /// <param name="type">The type.</param>
    /// <param name="code">The code.</param>
    /// <param name="rest">The second four bytes of the header, which each type reads in its own way.</param>
    /// <param name="payload">What follows the header.</param>
    public static int Write(Span<byte> message, IcmpType type, byte code, uint rest, ReadOnlySpan<byte> payload = default)
    {
        payload.CopyTo(message[IcmpMessage.HeaderLength..]);
        message[0] = (byte)type;
        message[1] = code;
        WriteUInt16BigEndian(message[2..], 0);
        WriteUInt32BigEndian(message[4..], rest);
        var length = IcmpMessage.HeaderLength + payload.Length;
        WriteUInt16BigEndian(message[2..], InternetChecksum.Of(message[..length]));
        return length;
    }

    /// <summary>Writes a ping.</summary>
    public static int WriteEchoRequest(
        Span<byte> message, ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default) =>
        Write(message, IcmpType.EchoRequest, 0, ((uint)identifier << 16) | sequenceNumber, payload);

    /// <summary>Writes the answer to a ping.</summary>
    public static int WriteEchoReply(Span<byte> message, ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default) =>
        Write(message, IcmpType.EchoReply, 0, ((uint)identifier << 16) | sequenceNumber, payload);

    /// <summary>Writes the question for the time; 20 bytes. <paramref name="originate"/> is in milliseconds since midnight UTC.</summary>
    public static int WriteTimestampRequest(Span<byte> message, ushort identifier, ushort sequenceNumber, uint originate = 0)
    {
        Span<byte> times = stackalloc byte[12];
        times.Clear();
        WriteUInt32BigEndian(times, originate);
        return Write(message, IcmpType.TimestampRequest, 0, ((uint)identifier << 16) | sequenceNumber, times);
    }

    /// <summary>Writes the answer to it; 20 bytes. All times are in milliseconds since midnight UTC.</summary>
    public static int WriteTimestampReply(
        Span<byte> message, ushort identifier, ushort sequenceNumber, uint originate, uint receive, uint transmit)
    {
        Span<byte> times = stackalloc byte[12];
        WriteUInt32BigEndian(times, originate);
        WriteUInt32BigEndian(times[4..], receive);
        WriteUInt32BigEndian(times[8..], transmit);
        return Write(message, IcmpType.TimestampReply, 0, ((uint)identifier << 16) | sequenceNumber, times);
    }

    /// <summary>Writes that a packet could not be delivered.</summary>
    /// <param name="message">Room for 8 bytes and the quote.</param>
    /// <param name="code">Why.</param>
    /// <param name="quoted">The start of the packet: its IP header and at least 8 bytes more.</param>
    /// <param name="nextHopMtu">Of <see cref="IcmpUnreachableCode.FragmentationNeeded"/>.</param>
    public static int WriteUnreachable(Span<byte> message, IcmpUnreachableCode code, ReadOnlySpan<byte> quoted, ushort nextHopMtu = 0) =>
        Write(message, IcmpType.DestinationUnreachable, (byte)code, nextHopMtu, quoted);
}
