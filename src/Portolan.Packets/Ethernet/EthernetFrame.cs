using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// An Ethernet frame without preamble and check sequence, as packet sockets show it. VLAN tags are skipped (IEEE 802.1Q).
/// </summary>
public readonly ref struct EthernetFrame
{
    /// <summary>Bytes of a header without tags.</summary>
    public const int MinHeaderLength = 14;

    private const int TagLength = 4;

    private readonly ReadOnlySpan<byte> _bytes;

    private EthernetFrame(ReadOnlySpan<byte> bytes, int headerLength)
    {
        _bytes = bytes;
        HeaderLength = headerLength;
    }

    /// <summary>Bytes before <see cref="Payload"/>: 14, and 4 for each tag.</summary>
    public int HeaderLength { get; }

    /// <summary>The receiver.</summary>
    public MacAddress Destination => MacAddress.FromBytes(_bytes);

    /// <summary>The sender.</summary>
    public MacAddress Source => MacAddress.FromBytes(_bytes[MacAddress.Length..]);

    /// <summary>What <see cref="Payload"/> is; never one of the two tags.</summary>
    public EtherType Type => (EtherType)ReadUInt16BigEndian(_bytes[(HeaderLength - 2)..]);

    /// <summary>The VLAN of the outermost tag, 0–4095; <c>null</c> without a tag.</summary>
    public ushort? VlanId => HeaderLength == MinHeaderLength ? null : (ushort)(ReadUInt16BigEndian(_bytes[MinHeaderLength..]) & 0xfff);

    /// <summary>Everything after the header, padding of short frames included.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Fails when the header or a tag is cut short.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out EthernetFrame frame)
    {
        frame = default;
        var length = MinHeaderLength;
        while (true)
        {
            if (bytes.Length < length)
            {
                return false;
            }

            if ((EtherType)ReadUInt16BigEndian(bytes[(length - 2)..]) is not (EtherType.Vlan or EtherType.ServiceVlan))
            {
                frame = new EthernetFrame(bytes, length);
                return true;
            }

            length += TagLength;
        }
    }
}

/// <summary>What an Ethernet frame carries (IANA ieee-802-numbers). Values below 1536 are lengths of IEEE 802.3 frames.</summary>
public enum EtherType : ushort
{
    /// <summary>IPv4 (RFC 894).</summary>
    Ipv4 = 0x0800,

    /// <summary>ARP (RFC 826).</summary>
    Arp = 0x0806,

    /// <summary>A customer VLAN tag (IEEE 802.1Q).</summary>
    Vlan = 0x8100,

    /// <summary>IPv6 (RFC 2464).</summary>
    Ipv6 = 0x86dd,

    /// <summary>A service VLAN tag (IEEE 802.1ad).</summary>
    ServiceVlan = 0x88a8,
}
