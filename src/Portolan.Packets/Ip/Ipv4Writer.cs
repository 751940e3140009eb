using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes IPv4 headers without options (RFC 791).</summary>
public static class Ipv4Writer
{
    /// <summary>Bytes of what <see cref="Write"/> writes.</summary>
    public const int Length = Ipv4Packet.MinHeaderLength;

    /// <summary>Writes a header with its checksum. Returns 20; the payload is, or will be, what follows there.</summary>
    public static int Write(
        Span<byte> packet,
        InternetAddress source,
        InternetAddress destination,
        IpProtocol protocol,
        int payloadLength,
        byte timeToLive = 64,
        ushort identification = 0,
        bool dontFragment = false,
        byte typeOfService = 0)
    {
        packet[0] = 0x45;
        packet[1] = typeOfService;
        WriteUInt16BigEndian(packet[2..], checked((ushort)(Length + payloadLength)));
        WriteUInt16BigEndian(packet[4..], identification);
        WriteUInt16BigEndian(packet[6..], (ushort)(dontFragment ? 0x4000 : 0));
        packet[8] = timeToLive;
        packet[9] = (byte)protocol;
        WriteUInt16BigEndian(packet[10..], 0);
        WriteUInt32BigEndian(packet[12..], source.IPv4Bits);
        WriteUInt32BigEndian(packet[16..], destination.IPv4Bits);
        WriteUInt16BigEndian(packet[10..], InternetChecksum.Of(packet[..Length]));
        return Length;
    }
}
