using System.Buffers.Binary;
using Portolan.Lab.Running.Wire;
using Portolan.Packets;

namespace Portolan.Lab.Running.Places;

/// <summary>
/// Which flows a kernel at a host's place has begun: replies to them, and errors about them, are its own and not the lab's host's.
/// </summary>
/// <remarks>
/// Bounded: of more flows than <see cref="MostInGeneration"/> those are forgotten, at the latest after twice as many, that sent nothing
/// since.
/// </remarks>
internal sealed class LocalFlowTable
{
    private const int MostInGeneration = 131_072;

    /// <summary>Bytes of an ICMP error before the packet that it is about.</summary>
    private const int ErrorHeader = 8;

    private HashSet<Flow> _young = [];
    private HashSet<Flow> _old = [];

    /// <summary>A packet that the kernel sends.</summary>
    internal void Remember(in PacketHeads sent)
    {
        if (sent.IsLaterFragment || (IsIcmp(sent.Protocol) && !IsQuestion(sent)))
        {
            return;
        }

        var number = IsIcmp(sent.Protocol) ? IdentifierOf(sent.Payload) : sent.SourcePort;
        if (_young.Add(new Flow(sent.Protocol, sent.Source, number, sent.Destination, sent.DestinationPort))
            && _young.Count >= MostInGeneration)
        {
            (_old, _young) = (_young, []);
        }
    }

    /// <summary>Whether a packet that comes belongs to one of them, or is an error about one.</summary>
    internal bool Knows(in PacketHeads packet)
    {
        if (packet.HasPorts)
        {
            return Has(new Flow(packet.Protocol, packet.Destination, packet.DestinationPort, packet.Source, packet.SourcePort));
        }

        if (!IsIcmp(packet.Protocol))
        {
            return Has(new Flow(packet.Protocol, packet.Destination, 0, packet.Source, 0));
        }

        return IsError(packet)
            ? KnowsQuoted(packet.Payload[ErrorHeader..])
            : IsAnswer(packet) && Has(new Flow(packet.Protocol, packet.Destination, IdentifierOf(packet.Payload), packet.Source, 0));
    }

    /// <summary>The packet in an error, which may be cut short behind its ports.</summary>
    private bool KnowsQuoted(ReadOnlySpan<byte> quoted)
    {
        if (quoted.Length >= Ipv4Packet.MinHeaderLength && quoted[0] >> 4 == 4)
        {
            var head = (quoted[0] & 15) * 4;
            return head <= quoted.Length
                && KnowsQuoted(
                    (IpProtocol)quoted[9], InternetAddress.FromBytes(quoted[12..16]), InternetAddress.FromBytes(quoted[16..20]),
                    quoted[head..]);
        }

        return quoted.Length >= Ipv6Packet.MinHeaderLength && quoted[0] >> 4 == 6
            && KnowsQuoted(
                (IpProtocol)quoted[6], InternetAddress.FromBytes(quoted[8..24]), InternetAddress.FromBytes(quoted[24..40]),
                quoted[Ipv6Packet.MinHeaderLength..]);
    }

    private bool KnowsQuoted(IpProtocol protocol, InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> payload)
    {
        if (protocol is IpProtocol.Tcp or IpProtocol.Udp)
        {
            return payload.Length >= 4
                && Has(new Flow(
                    protocol, source, BinaryPrimitives.ReadUInt16BigEndian(payload), destination,
                    BinaryPrimitives.ReadUInt16BigEndian(payload[2..])));
        }

        return Has(new Flow(protocol, source, IsIcmp(protocol) ? IdentifierOf(payload) : (ushort)0, destination, 0));
    }

    private bool Has(in Flow flow) => _young.Contains(flow) || _old.Contains(flow);

    private static bool IsIcmp(IpProtocol protocol) => protocol is IpProtocol.Icmp or IpProtocol.Icmpv6;

    private static ushort IdentifierOf(ReadOnlySpan<byte> message) =>
        message.Length >= 6 ? BinaryPrimitives.ReadUInt16BigEndian(message[4..]) : (ushort)0;

    /// <summary>Echo, and in IPv4 what else is asked with an identifier: timestamp, information, address mask (RFC 792, RFC 950).</summary>
    private static bool IsQuestion(in PacketHeads packet) =>
        !packet.Payload.IsEmpty
            && (packet.Protocol == IpProtocol.Icmp
                ? packet.Payload[0] is 8 or 13 or 15 or 17
                : packet.Payload[0] == (byte)Icmpv6Type.EchoRequest);

    private static bool IsAnswer(in PacketHeads packet) =>
        !packet.Payload.IsEmpty
            && (packet.Protocol == IpProtocol.Icmp
                ? packet.Payload[0] is 0 or 14 or 16 or 18
                : packet.Payload[0] == (byte)Icmpv6Type.EchoReply);

    /// <summary>
    /// Destination unreachable, source quench, redirect, time exceeded, parameter problem; in IPv6 all below 128 (RFC 4443 section 2.1).
    /// </summary>
    private static bool IsError(in PacketHeads packet) =>
        packet.Payload.Length > ErrorHeader
            && (packet.Protocol == IpProtocol.Icmp ? packet.Payload[0] is 3 or 4 or 5 or 11 or 12 : packet.Payload[0] < 128);

    /// <summary>A flow from the kernel's end. Of ICMP the local number is the identifier.</summary>
    private readonly record struct Flow(
        IpProtocol Protocol, InternetAddress Local, ushort LocalNumber, InternetAddress Remote, ushort RemotePort);
}
