using Portolan.Packets;

namespace Portolan.Lab.Running.Wire;

/// <summary>What gates look at in a packet: addresses, ports, flags. Valid as long as the packet is.</summary>
internal readonly ref struct PacketHeads
{
    private PacketHeads(
        InternetAddress source, InternetAddress destination, IpProtocol protocol, int headerLength, byte hopLimit,
        ReadOnlySpan<byte> payload, bool isLaterFragment)
    {
        (Source, Destination, Protocol, HeaderLength, HopLimit, IsLaterFragment) = (source, destination, protocol, headerLength, hopLimit,
            isLaterFragment);
        Payload = payload;
        if (!isLaterFragment && protocol is IpProtocol.Tcp or IpProtocol.Udp && payload.Length >= 4)
        {
            SourcePort = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(payload);
            DestinationPort = System.Buffers.Binary.BinaryPrimitives.ReadUInt16BigEndian(payload[2..]);
            Flags = protocol == IpProtocol.Tcp && payload.Length >= TcpSegment.MinHeaderLength ? (TcpFlags)payload[13] : 0;
        }
    }

    internal InternetAddress Source { get; }

    internal InternetAddress Destination { get; }

    internal IpProtocol Protocol { get; }

    /// <summary>Bytes before the payload.</summary>
    internal int HeaderLength { get; }

    internal byte HopLimit { get; }

    internal bool IsLaterFragment { get; }

    /// <summary>What follows the IP header.</summary>
    internal ReadOnlySpan<byte> Payload { get; }

    internal ushort SourcePort { get; }

    internal ushort DestinationPort { get; }

    internal TcpFlags Flags { get; }

    internal bool HasPorts => !IsLaterFragment && Protocol is IpProtocol.Tcp or IpProtocol.Udp && Payload.Length >= 4;

    /// <summary>Whether it asks for a connection.</summary>
    internal bool IsSyn => Protocol == IpProtocol.Tcp && (Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn;

    internal TransportProtocol Transport => Protocol == IpProtocol.Tcp ? TransportProtocol.Tcp : TransportProtocol.Udp;

    internal static bool TryRead(ReadOnlySpan<byte> packet, out PacketHeads heads)
    {
        if (Ipv4Packet.TryRead(packet, out var four))
        {
            heads = new PacketHeads(
                four.Source, four.Destination, four.Protocol, four.HeaderLength, four.TimeToLive, four.Payload, four.IsLaterFragment);
            return true;
        }

        if (Ipv6Packet.TryRead(packet, out var six))
        {
            heads = new PacketHeads(
                six.Source, six.Destination, six.Protocol, six.HeaderLength, six.HopLimit, six.Payload, six.IsLaterFragment);
            return true;
        }

        heads = default;
        return false;
    }
}
