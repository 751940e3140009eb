using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>A UDP datagram (RFC 768).</summary>
public readonly ref struct UdpDatagram
{
    /// <summary>Bytes of the header.</summary>
    public const int HeaderLength = 8;

    private readonly ReadOnlySpan<byte> _bytes;

    private UdpDatagram(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>The sender's port; 0 means none.</summary>
    public PortNumber SourcePort => new(ReadUInt16BigEndian(_bytes));

    /// <summary>The receiver's port.</summary>
    public PortNumber DestinationPort => new(ReadUInt16BigEndian(_bytes[2..]));

    /// <summary>Bytes of header and payload, at least 8.</summary>
    public int Length => _bytes.Length;

    /// <summary>
    /// The checksum as it came; 0 means none, which only IPv4 allows. A frame that never left this host may hold a part of it.
    /// </summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>What it carries, up to the datagram's own length.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Whether <see cref="Checksum"/> fits, or is absent where IPv4 allows it.</summary>
    public bool HasValidChecksum(InternetAddress source, InternetAddress destination) => Checksum == 0
        ? source.IsIPv4
        : InternetChecksum.OfTransport(source, destination, IpProtocol.Udp, _bytes) == 0;

    /// <summary>
    /// Reads what the first of several fragments holds of a datagram: its header, and a payload that ends with the fragment. Fails when the
    /// header does not fit.
    /// </summary>
    public static bool TryReadFirstFragment(ReadOnlySpan<byte> bytes, out UdpDatagram datagram)
    {
        var fits = bytes.Length >= HeaderLength && ReadUInt16BigEndian(bytes[4..]) >= HeaderLength;
        datagram = fits ? new UdpDatagram(bytes[..Math.Min(bytes.Length, ReadUInt16BigEndian(bytes[4..]))]) : default;
        return fits;
    }

    /// <summary>Fails when the header or the length it names does not fit.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out UdpDatagram datagram)
    {
        datagram = default;
        if (bytes.Length < HeaderLength)
        {
            return false;
        }

        var length = ReadUInt16BigEndian(bytes[4..]);
        if (length < HeaderLength || length > bytes.Length)
        {
            return false;
        }

        datagram = new UdpDatagram(bytes[..length]);
        return true;
    }
}
