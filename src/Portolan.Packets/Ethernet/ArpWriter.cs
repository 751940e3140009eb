using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes ARP packets for IPv4 on Ethernet (RFC 826).</summary>
public static class ArpWriter
{
    /// <summary>Writes a packet. Returns 28.</summary>
    public static int Write(
        Span<byte> packet,
        ArpOperation operation,
        MacAddress senderHardwareAddress,
        InternetAddress senderAddress,
        MacAddress targetHardwareAddress,
        InternetAddress targetAddress)
    {
        WriteUInt64BigEndian(packet, (ArpPacket.EthernetForIpv4 << 16) | (ushort)operation);
        senderHardwareAddress.WriteBytes(packet[8..]);
        WriteUInt32BigEndian(packet[14..], senderAddress.IPv4Bits);
        targetHardwareAddress.WriteBytes(packet[18..]);
        WriteUInt32BigEndian(packet[24..], targetAddress.IPv4Bits);
        return ArpPacket.Length;
    }

    /// <summary>Writes the question who has <paramref name="targetAddress"/>. Returns 28.</summary>
    public static int WriteRequest(
        Span<byte> packet, MacAddress senderHardwareAddress, InternetAddress senderAddress, InternetAddress targetAddress) =>
        Write(packet, ArpOperation.Request, senderHardwareAddress, senderAddress, default, targetAddress);
}
