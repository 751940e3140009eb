using Portolan.Model;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Packets;

/// <summary>
/// The packet that an ICMP error quotes, often cut short: RFC 792 asks for its IP header and 8 bytes more, which is enough for ports and
/// TCP's sequence number. Checksums of the original are not looked at, for routers change them.
/// </summary>
public readonly ref struct QuotedPacket
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly bool _isLaterFragment;

    private QuotedPacket(ReadOnlySpan<byte> bytes, IpProtocol protocol, int headerLength, bool isLaterFragment)
    {
        _bytes = bytes;
        Protocol = protocol;
        HeaderLength = headerLength;
        _isLaterFragment = isLaterFragment;
    }

    /// <summary>What the packet carried. Where the quote ends within IPv6 extension headers: the one it ends in.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>Bytes of the IP headers that are there.</summary>
    public int HeaderLength { get; }

    /// <summary>IPv4, or IPv6.</summary>
    public bool IsIPv4 => _bytes[0] >> 4 == 4;

    /// <summary>Its sender: us.</summary>
    public InternetAddress Source => InternetAddress.FromBytes(IsIPv4 ? _bytes[12..16] : _bytes[8..24]);

    /// <summary>Its receiver: the target.</summary>
    public InternetAddress Destination => InternetAddress.FromBytes(IsIPv4 ? _bytes[16..20] : _bytes[24..40]);

    /// <summary>Bytes of the whole packet with its IP header, as that header says; the quote mostly has fewer.</summary>
    public int TotalLength => IsIPv4 ? ReadUInt16BigEndian(_bytes[2..]) : Ipv6Packet.MinHeaderLength + ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>The IPv4 identification; 0 for IPv6.</summary>
    public ushort Identification => IsIPv4 ? ReadUInt16BigEndian(_bytes[4..]) : (ushort)0;

    /// <summary>TTL or hop limit as the reporter saw it.</summary>
    public byte TimeToLive => IsIPv4 ? _bytes[8] : _bytes[7];

    /// <summary>What is there of the transport header and data; empty for a later fragment.</summary>
    public ReadOnlySpan<byte> Payload => _isLaterFragment ? default : _bytes[HeaderLength..];

    /// <summary>Whether the quote reaches the ports of TCP, UDP or SCTP.</summary>
    public bool HasPorts => Protocol is IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp && Payload.Length >= 4;

    /// <summary>Its sender's port; 0 when not there.</summary>
    public PortNumber SourcePort => HasPorts ? new PortNumber(ReadUInt16BigEndian(Payload)) : PortNumber.Zero;

    /// <summary>Its receiver's port; 0 when not there.</summary>
    public PortNumber DestinationPort => HasPorts ? new PortNumber(ReadUInt16BigEndian(Payload[2..])) : PortNumber.Zero;

    /// <summary>Whether the quote reaches TCP's sequence number.</summary>
    public bool HasSequence => Protocol == IpProtocol.Tcp && Payload.Length >= 8;

    /// <summary>TCP's sequence number; 0 when not there.</summary>
    public uint Sequence => HasSequence ? ReadUInt32BigEndian(Payload[4..]) : 0;

    /// <summary>Whether the quote holds the identifier and sequence number of an ICMP or ICMPv6 echo or timestamp request.</summary>
    public bool HasEcho => Payload.Length >= 8 && (Protocol == IpProtocol.Icmp
        ? (IcmpType)Payload[0] is IcmpType.EchoRequest or IcmpType.TimestampRequest
        : Protocol == IpProtocol.Icmpv6 && (Icmpv6Type)Payload[0] == Icmpv6Type.EchoRequest);

    /// <summary>The echo's identifier; 0 when not there.</summary>
    public ushort EchoIdentifier => HasEcho ? ReadUInt16BigEndian(Payload[4..]) : (ushort)0;

    /// <summary>The echo's sequence number; 0 when not there.</summary>
    public ushort EchoSequenceNumber => HasEcho ? ReadUInt16BigEndian(Payload[6..]) : (ushort)0;

    /// <summary>Fails when not even the fixed IP header is there.</summary>
    public static bool TryRead(ReadOnlySpan<byte> bytes, out QuotedPacket packet)
    {
        packet = default;
        if (bytes.Length >= Ipv4Packet.MinHeaderLength && bytes[0] >> 4 == 4)
        {
            var headerLength = (bytes[0] & 0xf) * 4;
            if (headerLength < Ipv4Packet.MinHeaderLength || headerLength > bytes.Length)
            {
                return false;
            }

            packet = new QuotedPacket(bytes, (IpProtocol)bytes[9], headerLength, (ReadUInt16BigEndian(bytes[6..]) & 0x1fff) != 0);
            return true;
        }

        if (bytes.Length >= Ipv6Packet.MinHeaderLength && bytes[0] >> 4 == 6)
        {
            // A walk that fails has stopped at the header it could not pass, which is not a transport protocol.
            Ipv6Headers.TryWalk(bytes, (IpProtocol)bytes[6], Ipv6Packet.MinHeaderLength, out var headers);
            packet = new QuotedPacket(bytes, headers.Protocol, headers.Offset, headers.IsLaterFragment);
            return true;
        }

        return false;
    }
}
