using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>Writes Ethernet headers.</summary>
public static class EthernetWriter
{
    /// <summary>Bytes of what <see cref="Write"/> writes.</summary>
    public const int Length = EthernetFrame.MinHeaderLength;

    /// <summary>Writes a header without tags. Returns 14; the payload follows there.</summary>
    public static int Write(Span<byte> frame, MacAddress destination, MacAddress source, EtherType type)
    {
        destination.WriteBytes(frame);
        source.WriteBytes(frame[MacAddress.Length..]);
        WriteUInt16BigEndian(frame[(2 * MacAddress.Length)..], (ushort)type);
        return Length;
    }

    /// <summary>Writes a header with one tag (IEEE 802.1Q). Returns 18.</summary>
    public static int WriteTagged(Span<byte> frame, MacAddress destination, MacAddress source, ushort vlanId, EtherType type)
    {
        Write(frame, destination, source, EtherType.Vlan);
        WriteUInt16BigEndian(frame[Length..], (ushort)(vlanId & 0xfff));
        WriteUInt16BigEndian(frame[(Length + 2)..], (ushort)type);
        return Length + 4;
    }
}
