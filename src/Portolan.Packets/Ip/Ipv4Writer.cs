using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes IPv4 headers (RFC 791).</summary>
public static class Ipv4Writer
{
    /// <summary>Bytes of a header without options.</summary>
    public const int Length = Ipv4Packet.MinHeaderLength;

    /// <summary>The most bytes of options: 15 words of header less five.</summary>
    public const int MaxOptionsLength = 40;

    /// <summary>The router alert option (RFC 2113), which IGMP messages carry (RFC 9776 section 4).</summary>
    public static ReadOnlySpan<byte> RouterAlert => [0x94, 4, 0, 0];

    /// <summary>Writes a header without options, with its checksum. Returns 20; the payload is, or will be, what follows there.</summary>
    public static int Write(
        Span<byte> packet,
        InternetAddress source,
        InternetAddress destination,
        IpProtocol protocol,
        int payloadLength,
        byte timeToLive = 64,
        ushort identification = 0,
        bool dontFragment = false,
        byte typeOfService = 0) =>
        Write(
            packet, new Ipv4Header(source, destination, protocol, timeToLive, identification, dontFragment, TypeOfService: typeOfService),
            payloadLength);

    /// <summary>Writes a header with its checksum. Returns its length; the payload is, or will be, what follows there.</summary>
    /// <param name="packet">Room for the header.</param>
    /// <param name="header">Its fields.</param>
    /// <param name="payloadLength">Bytes that follow.</param>
    /// <param name="options">Encoded options, 0–40 bytes, a multiple of four.</param>
    public static int Write(Span<byte> packet, in Ipv4Header header, int payloadLength, ReadOnlySpan<byte> options = default)
    {
        if (options.Length > MaxOptionsLength || options.Length % 4 != 0)
        {
            throw new ArgumentException($"options have 0-40 bytes, a multiple of four, not {options.Length}", nameof(options));
        }

        if (header.FragmentOffset % 8 != 0 || header.FragmentOffset is < 0 or > 0xfff8)
        {
            throw new ArgumentException(
                $"a fragment starts at a multiple of 8 below 65,536, not at {header.FragmentOffset}", nameof(header));
        }

        var length = Length + options.Length;
        packet[0] = (byte)(0x40 | (length / 4));
        packet[1] = header.TypeOfService;
        WriteUInt16BigEndian(packet[2..], checked((ushort)(length + payloadLength)));
        WriteUInt16BigEndian(packet[4..], header.Identification);
        WriteUInt16BigEndian(
            packet[6..], (ushort)((header.DontFragment ? 0x4000 : 0) | (header.MoreFragments ? 0x2000 : 0) | (header.FragmentOffset / 8)));
        packet[8] = header.TimeToLive;
        packet[9] = (byte)header.Protocol;
        WriteUInt16BigEndian(packet[10..], 0);
        WriteUInt32BigEndian(packet[12..], header.Source.IPv4Bits);
        WriteUInt32BigEndian(packet[16..], header.Destination.IPv4Bits);
        options.CopyTo(packet[Length..]);
        WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..length]));
        return length;
    }
}
