using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Kernel.Tests.Firewall.Referee;

/// <summary>Makes the bytes of a packet.</summary>
internal static class PacketBytes
{
    /// <summary>Bytes that datagrams, echo requests and segments of established connections carry.</summary>
    private static readonly byte[] Payload = [.. "referee!"u8];

    /// <summary>What the target's own packets have in the field of services, so that the lab's rules know them: DSCP 42.</summary>
    internal const byte OutgoingService = 42 << 2;

    /// <summary>An IP packet.</summary>
    internal static byte[] Packet(RefereePacket packet) => Frame(packet, default, default)[EthernetWriter.Length..];

    internal static byte[] Frame(RefereePacket packet, MacAddress destination, MacAddress source)
    {
        var body = Body(packet);
        var header = packet.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var frame = new byte[EthernetWriter.Length + header + body.Length];
        EthernetWriter.Write(frame, destination, source, packet.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var ip = frame.AsSpan(EthernetWriter.Length);
        _ = packet.IsIPv4
            ? Ipv4Writer.Write(
                ip, packet.Source, packet.Destination, packet.Protocol, body.Length, identification: packet.Number,
                typeOfService: Service(packet))
            : Ipv6Writer.Write(
                ip, packet.Source, packet.Destination, packet.Protocol, body.Length, HopLimit(packet), packet.Number, Service(packet));
        body.CopyTo(ip[header..]);
        return frame;
    }

    private static byte Service(RefereePacket packet) => packet.IsOutgoing ? OutgoingService : (byte)0;

    // Neighbour discovery counts only from the same link (RFC 4861 section 7.1).
    private static byte HopLimit(RefereePacket packet) =>
        packet.Protocol == IpProtocol.Icmpv6 && packet.IcmpType is >= 133 and <= 137 ? (byte)255 : (byte)64;

    private static byte[] Body(RefereePacket packet)
    {
        var body = new byte[80];
        var length = packet.Protocol switch
        {
            IpProtocol.Tcp => Tcp(body, packet),
            IpProtocol.Udp =>
                UdpWriter.Write(
                    body, packet.Source, packet.Destination, new PortNumber(packet.SourcePort), new PortNumber(packet.DestinationPort),
                    Payload),
            IpProtocol.Icmp => IcmpWriter.Write(body, (IcmpType)packet.IcmpType, packet.IcmpCode, ((uint)packet.Number << 16) | 1, Payload),
            IpProtocol.Icmpv6 when packet.IcmpType is 135 or 136 => Neighbour(body, packet),
            IpProtocol.Icmpv6 => Icmpv6Writer.Write(
                body, packet.Source, packet.Destination, (Icmpv6Type)packet.IcmpType, packet.IcmpCode, ((uint)packet.Number << 16) | 1,
                Payload),
            _ => 40,
        };
        return body[..length];
    }

    private static int Tcp(byte[] body, RefereePacket packet)
    {
        var header = new TcpHeader
        {
            SourcePort = new PortNumber(packet.SourcePort),
            DestinationPort = new PortNumber(packet.DestinationPort),
            Sequence = packet.Sequence,
            Acknowledgment = packet.Acknowledgment,
            Flags = packet.Flags,
            Window = 1024,
        };
        return TcpWriter.Write(
            body, packet.Source, packet.Destination, header, payload: packet.Flags.HasFlag(TcpFlags.Psh) ? Payload : default);
    }

    // The target's address follows the header; no options.
    private static int Neighbour(byte[] body, RefereePacket packet)
    {
        var target = new byte[16];
        packet.Destination.WriteBytes(target);
        return Icmpv6Writer.Write(body, packet.Source, packet.Destination, (Icmpv6Type)packet.IcmpType, packet.IcmpCode, 0, target);
    }
}
