using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// An IPv6 packet (RFC 8200) with its extension headers walked: hop-by-hop, routing, fragment, destination options, authentication.
/// </summary>
public readonly ref struct Ipv6Packet
{
    /// <summary>Bytes of the fixed header.</summary>
    public const int MinHeaderLength = 40;

    private readonly ReadOnlySpan<byte> _bytes;
    private readonly Ipv6Headers _headers;

    private Ipv6Packet(ReadOnlySpan<byte> bytes, Ipv6Headers headers)
    {
        _bytes = bytes;
        _headers = headers;
    }

    /// <summary>Bytes before <see cref="Payload"/>: 40 and the extension headers.</summary>
    public int HeaderLength => _headers.Offset;

    /// <summary>Bytes of the whole packet, as its header says.</summary>
    public int TotalLength => _bytes.Length;

    /// <summary>Differentiated services and congestion notification.</summary>
    public byte TrafficClass => (byte)(ReadUInt16BigEndian(_bytes) >> 4);

    /// <summary>20 bits (RFC 6437).</summary>
    public uint FlowLabel => ReadUInt32BigEndian(_bytes) & 0xfffff;

    /// <summary>What follows the fixed header: an extension header or the upper protocol.</summary>
    public IpProtocol NextHeader => (IpProtocol)_bytes[6];

    /// <summary>Hops left.</summary>
    public byte HopLimit => _bytes[7];

    /// <summary>The sender.</summary>
    public InternetAddress Source => InternetAddress.FromBytes(_bytes[8..24]);

    /// <summary>The receiver. A routing header may name another, final one.</summary>
    public InternetAddress Destination => InternetAddress.FromBytes(_bytes[24..40]);

    /// <summary>The extension headers, unread.</summary>
    public ReadOnlySpan<byte> ExtensionHeaders => _bytes[MinHeaderLength..HeaderLength];

    /// <summary>The extension headers, one by one.</summary>
    public Ipv6ExtensionHeaders Extensions => new(_bytes[..HeaderLength], NextHeader);

    /// <summary>
    /// The upper protocol: what <see cref="Payload"/> is. Of a later fragment: what follows its fragment header in the whole.
    /// </summary>
    public IpProtocol Protocol => _headers.Protocol;

    /// <summary>Whether there is a fragment header. An "atomic" fragment (RFC 6946) is whole all the same.</summary>
    public bool HasFragmentHeader => _headers.FragmentHeader != 0;

    /// <summary>More fragments follow this one.</summary>
    public bool MoreFragments => HasFragmentHeader && (_bytes[_headers.FragmentHeader + 3] & 1) != 0;

    /// <summary>Where <see cref="Payload"/> starts in the whole, in bytes, 0–65528.</summary>
    public int FragmentOffset => HasFragmentHeader ? ReadUInt16BigEndian(_bytes[(_headers.FragmentHeader + 2)..]) & 0xfff8 : 0;

    /// <summary>Names the fragments of one packet; 0 without a fragment header.</summary>
    public uint FragmentIdentification => HasFragmentHeader ? ReadUInt32BigEndian(_bytes[(_headers.FragmentHeader + 4)..]) : 0;

    /// <summary>
    /// What is in front of the fragment header: the fixed header and the extension headers that routers read (RFC 8200 section 4.5). Empty
    /// without a fragment header.
    /// </summary>
    public ReadOnlySpan<byte> UnfragmentablePart => _bytes[.._headers.FragmentHeader];

    /// <summary>
    /// What follows the fragment header, where a reassembled packet goes on: its first fragment may start with further extension headers.
    /// </summary>
    public ReadOnlySpan<byte> FragmentPayload => HasFragmentHeader ? _bytes[(_headers.FragmentHeader + 8)..] : default;

    /// <summary>What <see cref="FragmentPayload"/> of the first fragment starts with.</summary>
    public IpProtocol FragmentNextHeader => HasFragmentHeader ? (IpProtocol)_bytes[_headers.FragmentHeader] : IpProtocol.NoNextHeader;

    /// <summary>Not the first fragment: the payload does not start with a transport header.</summary>
    public bool IsLaterFragment => _headers.IsLaterFragment;

    /// <summary>What follows the headers, up to the packet's own length.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>
    /// Fails when the version is another, a length does not fit, or the chain of extension headers is cut short, misplaced or longer than
    /// 32.
    /// </summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out Ipv6Packet packet)
    {
        packet = default;
        if (bytes.Length < MinHeaderLength || bytes[0] >> 4 != 6)
        {
            return false;
        }

        var totalLength = MinHeaderLength + ReadUInt16BigEndian(bytes[4..]);
        if (totalLength > bytes.Length
            || !Ipv6Headers.TryWalk(bytes[..totalLength], (IpProtocol)bytes[6], MinHeaderLength, out var headers))
        {
            return false;
        }

        packet = new Ipv6Packet(bytes[..totalLength], headers);
        return true;
    }
}
