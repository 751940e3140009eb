using System.Buffers.Binary;
using Portolan.Firewall.Replay.Rebuilding;
using Portolan.Packets;

namespace Portolan.Firewall.Replay.Proving;

/// <summary>The bytes of the packet, and how it and the answers to it are known again when they come out somewhere.</summary>
/// <remarks>
/// Nothing else happens in a scratch namespace, so what is distinguished is only the packet, its answers and the errors that quote it.
/// </remarks>
internal sealed class CraftedPacket(ProofPacket packet)
{
    private const ushort Identifier = 0x5054;
    private const int FrameSize = 2048;
    private const byte Syn = 2;
    private const byte Reset = 4;
    private const byte SynAck = 0x12;

    private readonly PacketShape _shape = PacketShape.Of(packet, out _);

    /// <summary>What a datagram carries, at least.</summary>
    internal static ReadOnlySpan<byte> Payload => "portolan proof\n\0"u8;

    /// <summary>The Ethernet frame that arrives on the packet's interface.</summary>
    internal byte[] Frame() => Frame(WriteTransport);

    /// <summary>The frame of a later packet of the connection that a SYN-ACK answered.</summary>
    /// <param name="serverSequence">The sequence number of the SYN-ACK.</param>
    /// <param name="isRequest">Whether it carries the request, else the acknowledgment alone.</param>
    internal byte[] LaterFrame(uint serverSequence, bool isRequest) => Frame(bytes => TcpWriter.Write(
        bytes, packet.Source, packet.Destination,
        new TcpHeader(
            new(packet.SourcePort), new(packet.DestinationPort), _shape.Sequence + 1, serverSequence + 1,
            isRequest ? TcpFlags.Ack | TcpFlags.Psh : TcpFlags.Ack, _shape.Window),
        [], isRequest ? Payload : []));

    /// <summary>The sequence number of a SYN-ACK.</summary>
    internal static uint SequenceOf(ReadOnlySpan<byte> ip) =>
        TryTransport(ip, out _, out _, out var transport) ? BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) : 0;

    /// <summary>Whether an IP packet carries the reply to a request.</summary>
    internal bool HasReply(ReadOnlySpan<byte> ip) =>
        TryTransport(ip, out _, out var protocol, out var transport) && protocol == packet.Protocol && transport.EndsWith(Reply);

    /// <summary>What a program answers to a request.</summary>
    internal static ReadOnlySpan<byte> Reply => "portolan reply\n\0"u8;

    private delegate int TransportWriter(Span<byte> bytes);

    private byte[] Frame(TransportWriter write)
    {
        var frame = new byte[FrameSize].AsSpan();
        var at = EthernetWriter.Write(
            frame,
            LinkBuilder.NearAddress(packet.InterfaceIndex),
            _shape.LinkSource ?? LinkBuilder.FarAddress(packet.InterfaceIndex),
            packet.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var header = packet.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var length = write(frame[(at + header)..]);
        if (packet.IsIPv4)
        {
            Ipv4Writer.Write(
                frame[at..], packet.Source, packet.Destination, (IpProtocol)packet.Protocol, length, _shape.HopLimit, _shape.Identification,
                typeOfService: _shape.TrafficClass);
            SetFragmentation(frame[at..]);
        }
        else
        {
            Ipv6Writer.Write(
                frame[at..], packet.Source, packet.Destination, (IpProtocol)packet.Protocol, length, _shape.HopLimit, _shape.FlowLabel,
                _shape.TrafficClass);
        }

        return frame[..(at + header + length)].ToArray();
    }

    /// <summary>Whether the headers that a trace shows are this packet's, translated or not; a trace shows nothing behind them.</summary>
    internal bool IsTraced(ReadOnlySpan<byte> networkHeader, ReadOnlySpan<byte> transportHeader) =>
        Protocol(networkHeader) == packet.Protocol && (packet.Protocol == 17 || IsSameTransport(transportHeader, out _));

    /// <summary>Whether an IP packet is this one, translated or not; then where to.</summary>
    internal bool IsSame(ReadOnlySpan<byte> ip, out InternetAddress destination, out ushort? port)
    {
        (destination, port) = (default, null);
        if (!TryTransport(ip, out destination, out var protocol, out var transport) || protocol != packet.Protocol)
        {
            return false;
        }

        return IsSameTransport(transport, out port);
    }

    /// <summary>Whether what follows an IP header is this packet's.</summary>
    internal bool IsSameTransport(ReadOnlySpan<byte> transport, out ushort? port)
    {
        port = HasPorts && transport.Length >= 4 ? BinaryPrimitives.ReadUInt16BigEndian(transport[2..]) : null;
        return packet.Protocol switch
        {
            6 => transport.Length >= 14 && (packet.Direction == Judging.FlowDirection.Inbound
                ? BinaryPrimitives.ReadUInt32BigEndian(transport[4..]) == _shape.Sequence
                : (transport[13] & SynAck) == Syn),
            17 => transport.Length >= 8 && transport[8..].StartsWith(Payload),
            1 or 58 =>
                transport.Length >= 8 && transport[0] == packet.IcmpType
                    && BinaryPrimitives.ReadUInt16BigEndian(transport[4..]) == Identifier,
            _ => true,
        };
    }

    /// <summary>What an IP packet answers to this one.</summary>
    internal PacketReply ReplyIn(ReadOnlySpan<byte> ip)
    {
        if (!TryTransport(ip, out _, out var protocol, out var transport) || transport.Length < 8)
        {
            return PacketReply.None;
        }

        return protocol switch
        {
            6 when packet.Protocol == 6 && transport.Length >= 20 => (transport[13] & Reset) != 0
                ? PacketReply.Reset
                : (transport[13] & SynAck) == SynAck ? PacketReply.Accepted : PacketReply.None,
            1 when packet.IsIPv4 => IcmpReply(transport, echo: 0, unreachable: 3, port: 3, firstError: 3, lastError: 12),
            58 when !packet.IsIPv4 => IcmpReply(transport, echo: 129, unreachable: 1, port: 4, firstError: 1, lastError: 4),
            _ => PacketReply.None,
        };
    }

    private bool HasPorts => packet.Protocol is 6 or 17 or 33 or 132 or 136;

    private static PacketReply IcmpReply(
        ReadOnlySpan<byte> message, byte echo, byte unreachable, byte port, byte firstError, byte lastError)
    {
        if (message[0] == echo && BinaryPrimitives.ReadUInt16BigEndian(message[4..]) == Identifier)
        {
            return PacketReply.Echo;
        }

        if (message[0] == unreachable && message[1] == port)
        {
            return PacketReply.PortUnreachable;
        }

        return message[0] >= firstError && message[0] <= lastError && message[0] is not 8 ? PacketReply.OtherError : PacketReply.None;
    }

    /// <summary>What follows the transport header: the mark of the proof, as far as there is room, and zeros.</summary>
    private ReadOnlySpan<byte> Padded()
    {
        var bytes = new byte[_shape.PayloadLength];
        Payload[..Math.Min(Payload.Length, bytes.Length)].CopyTo(bytes);
        return bytes;
    }

    /// <summary>All of flags and offset: the writer makes none that is reserved.</summary>
    private void SetFragmentation(Span<byte> header)
    {
        BinaryPrimitives.WriteUInt16BigEndian(header[6..], _shape.Fragmentation);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], 0);
        BinaryPrimitives.WriteUInt16BigEndian(header[10..], InternetChecksum.Of(header[..Ipv4Writer.Length]));
    }

    private int WriteTransport(Span<byte> bytes)
    {
        var (source, destination) = (packet.Source, packet.Destination);
        switch (packet.Protocol)
        {
            case 6:
                var acknowledgment = (packet.TcpFlags & 0x10) != 0 ? 1u : 0u;
                var header = new TcpHeader(
                    new(packet.SourcePort), new(packet.DestinationPort), _shape.Sequence, acknowledgment, (TcpFlags)packet.TcpFlags,
                    _shape.Window, _shape.Urgent);
                return TcpWriter.Write(bytes, source, destination, header, _shape.Options, Padded());
            case 17:
                return UdpWriter.Write(bytes, source, destination, new(packet.SourcePort), new(packet.DestinationPort), Padded());
            case 1:
                return IcmpWriter.Write(bytes, (IcmpType)packet.IcmpType, packet.IcmpCode, ((uint)Identifier << 16) | 1, Padded());
            case 58:
                return Icmpv6Writer.Write(
                    bytes, source, destination, (Icmpv6Type)packet.IcmpType, packet.IcmpCode, ((uint)Identifier << 16) | 1, Padded());
            default:
                Padded().CopyTo(bytes);
                return _shape.PayloadLength;
        }
    }

    private static bool TryTransport(
        ReadOnlySpan<byte> ip, out InternetAddress destination, out byte protocol, out ReadOnlySpan<byte> transport)
    {
        if (Ipv4Packet.TryRead(ip, out var four))
        {
            (destination, protocol) = (four.Destination, (byte)four.Protocol);
            transport = four.Payload;
            return true;
        }

        if (Ipv6Packet.TryRead(ip, out var six))
        {
            (destination, protocol) = (six.Destination, (byte)six.Protocol);
            transport = six.Payload;
            return true;
        }

        (destination, protocol) = (default, 0);
        transport = default;
        return false;
    }

    /// <summary>Of a header alone, without what follows it; a crafted packet has no extension headers.</summary>
    private static byte? Protocol(ReadOnlySpan<byte> header) => (header.Length, header.IsEmpty ? 0 : header[0] >> 4) switch
    {
        ( >= Ipv4Packet.MinHeaderLength, 4) => header[9],
        ( >= Ipv6Packet.MinHeaderLength, 6) => header[6],
        _ => null,
    };
}
