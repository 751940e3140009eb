using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes IPv6 headers (RFC 8200).</summary>
public static class Ipv6Writer
{
    /// <summary>Bytes of what <see cref="Write"/> writes.</summary>
    public const int Length = Ipv6Packet.MinHeaderLength;

    /// <summary>Writes a fixed header. Returns 40; the payload is, or will be, what follows there.</summary>
    public static int Write(
        Span<byte> packet,
        InternetAddress source,
        InternetAddress destination,
        IpProtocol protocol,
        int payloadLength,
        byte hopLimit = 64,
        uint flowLabel = 0,
        byte trafficClass = 0)
    {
        WriteUInt32BigEndian(packet, 0x6000_0000 | ((uint)trafficClass << 20) | (flowLabel & 0xfffff));
        WriteUInt16BigEndian(packet[4..], checked((ushort)payloadLength));
        packet[6] = (byte)protocol;
        packet[7] = hopLimit;
        source.WriteBytes(packet[8..]);
        destination.WriteBytes(packet[24..]);
        return Length;
    }
}
