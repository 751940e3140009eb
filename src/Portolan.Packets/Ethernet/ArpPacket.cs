using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>What an ARP packet asks or says (RFC 826).</summary>
public enum ArpOperation : ushort
{
    /// <summary>Who has the target address?</summary>
    Request = 1,

    /// <summary>The sender has its address.</summary>
    Reply = 2,
}

/// <summary>An ARP packet for IPv4 on Ethernet (RFC 826). Other hardware and protocols are refused.</summary>
public readonly ref struct ArpPacket
{
    /// <summary>Bytes of the packet.</summary>
    public const int Length = 28;

    internal const ulong EthernetForIpv4 = 0x0001_0800_06_04;

    private readonly ReadOnlySpan<byte> _bytes;

    private ArpPacket(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Question or answer.</summary>
    public ArpOperation Operation => (ArpOperation)ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>The sender's Ethernet address.</summary>
    public MacAddress SenderHardwareAddress => MacAddress.FromBytes(_bytes[8..]);

    /// <summary>Its IPv4 address; 0.0.0.0 in a probe (RFC 5227).</summary>
    public InternetAddress SenderAddress => InternetAddress.FromBytes(_bytes[14..18]);

    /// <summary>The target's Ethernet address; meaningless in a request.</summary>
    public MacAddress TargetHardwareAddress => MacAddress.FromBytes(_bytes[18..]);

    /// <summary>The IPv4 address that is asked for.</summary>
    public InternetAddress TargetAddress => InternetAddress.FromBytes(_bytes[24..28]);

    /// <summary>Padding of the frame.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[Length..];

    /// <summary>Fails when the packet is cut short, or not for IPv4 on Ethernet.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out ArpPacket packet)
    {
        var ok = bytes.Length >= Length && ReadUInt64BigEndian(bytes) >> 16 == EthernetForIpv4;
        packet = ok ? new ArpPacket(bytes) : default;
        return ok;
    }
}
