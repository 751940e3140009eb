using Portolan.Packets;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// Whether a packet arrived as it was sent. Who refuses packets asks before: Linux answers none that is damaged, neither at a closed port
/// nor by a rule that rejects.
/// </summary>
internal static class Checksums
{
    /// <summary>Whether no checksum of a whole packet is wrong; there are protocols that have none.</summary>
    internal static bool AreRight(ReadOnlySpan<byte> packet, in PacketHeads heads)
    {
        if (Ipv4Packet.TryRead(packet, out var four) && !four.HasValidChecksum)
        {
            return false;
        }

        var (source, destination) = (heads.Source, heads.Destination);
        var payload = heads.Payload;
        return heads.Protocol switch
        {
            IpProtocol.Tcp => TcpSegment.TryRead(payload, out var segment) && segment.HasValidChecksum(source, destination),

            // RFC 768: 0 is none. RFC 8200 section 8.1: IPv6 must have one.
            IpProtocol.Udp =>
                UdpDatagram.TryRead(payload, out var datagram) && datagram.HasValidChecksum(source, destination)
                    && (source.IsIPv4 || datagram.Checksum != 0),
            IpProtocol.Icmp => IcmpMessage.TryRead(payload, out var message) && message.HasValidChecksum,
            IpProtocol.Icmpv6 => Icmpv6Message.TryRead(payload, out var message6) && message6.HasValidChecksum(source, destination),
            _ => true,
        };
    }
}
