using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>An IPv4 packet (RFC 791).</summary>
public readonly ref struct Ipv4Packet
{
    /// <summary>Bytes of a header without options.</summary>
    public const int MinHeaderLength = 20;

    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv4Packet(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>20–60 bytes.</summary>
    public int HeaderLength => (_bytes[0] & 0xf) * 4;

    /// <summary>Bytes of the whole packet, as its header says.</summary>
    public int TotalLength => _bytes.Length;

    /// <summary>Differentiated services and congestion notification (RFC 2474, RFC 3168).</summary>
    public byte TypeOfService => _bytes[1];

    /// <summary>Names the fragments of one packet (RFC 6864).</summary>
    public ushort Identification => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>Routers may not split it.</summary>
    public bool DontFragment => (_bytes[6] & 0x40) != 0;

    /// <summary>More fragments follow this one.</summary>
    public bool MoreFragments => (_bytes[6] & 0x20) != 0;

    /// <summary>Where <see cref="Payload"/> starts in the whole, in bytes, 0–65528.</summary>
    public int FragmentOffset => (ReadUInt16BigEndian(_bytes[6..]) & 0x1fff) * 8;

    /// <summary>Not the first fragment: the payload does not start with a transport header.</summary>
    public bool IsLaterFragment => FragmentOffset != 0;

    /// <summary>Hops left.</summary>
    public byte TimeToLive => _bytes[8];

    /// <summary>What <see cref="Payload"/> is.</summary>
    public IpProtocol Protocol => (IpProtocol)_bytes[9];

    /// <summary>The checksum of the header as it came.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[10..]);

    /// <summary>Whether <see cref="Checksum"/> fits the header.</summary>
    public bool HasValidChecksum => InternetChecksum.Of(_bytes[..HeaderLength]) == 0;

    /// <summary>The sender.</summary>
    public InternetAddress Source => InternetAddress.FromIPv4(ReadUInt32BigEndian(_bytes[12..]));

    /// <summary>The receiver.</summary>
    public InternetAddress Destination => InternetAddress.FromIPv4(ReadUInt32BigEndian(_bytes[16..]));

    /// <summary>The options of the header, unread.</summary>
    public ReadOnlySpan<byte> Options => _bytes[MinHeaderLength..HeaderLength];

    /// <summary>What follows the header, up to the packet's own length: padding of the frame is left out.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Fails when the version is another, or a length does not fit. The checksum is not looked at.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Ipv4Packet packet)
    {
        packet = default;
        if (bytes.Length < MinHeaderLength || bytes[0] >> 4 != 4)
        {
            return false;
        }

        var headerLength = (bytes[0] & 0xf) * 4;
        var totalLength = ReadUInt16BigEndian(bytes[2..]);
        if (headerLength < MinHeaderLength || totalLength < headerLength || totalLength > bytes.Length)
        {
            return false;
        }

        packet = new Ipv4Packet(bytes[..totalLength]);
        return true;
    }
}
