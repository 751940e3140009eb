namespace Portolan.Packets;

/// <summary>The numbers of pcapng (draft-ietf-opsawg-pcapng sections 3.4, 3.5, 4).</summary>
internal static class PcapngFormat
{
    internal const uint SectionHeader = 0x0a0d0d0a;
    internal const uint InterfaceDescription = 1;
    internal const uint SimplePacket = 3;
    internal const uint EnhancedPacket = 6;
    internal const uint ByteOrderMagic = 0x1a2b3c4d;

    internal const ushort EndOfOptions = 0;
    internal const ushort Comment = 1;
    internal const ushort InterfaceName = 2;
    internal const ushort PacketFlags = 2;
    internal const ushort InterfaceDescriptionText = 3;
    internal const ushort Application = 4;
    internal const ushort TimestampResolution = 9;
    internal const ushort TimestampOffset = 14;
    internal const byte Nanoseconds = 9;

    internal const ushort Ethernet = 1;
    internal const ushort Raw = 101;
    internal const ushort RawIpv4 = 228;
    internal const ushort RawIpv6 = 229;

    /// <summary>Type, length, length again.</summary>
    internal const int MinBlockLength = 12;
}
