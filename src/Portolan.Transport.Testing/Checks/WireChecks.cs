using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Testing.Checks;

/// <summary>What must hold of every frame that a host sends, whatever came before.</summary>
internal sealed class WireChecks
{
    private readonly IcmpChecks _icmp = new();
    private readonly TcpChecks _tcp = new();

    /// <summary>Returns what is wrong, or <c>null</c>.</summary>
    internal string? Check(SimHost host, ReadOnlySpan<byte> frame, IpInterface at, Instant now)
    {
        var packet = frame;
        if (at.Layer == LinkLayer.Ethernet)
        {
            if (!EthernetFrame.TryRead(frame, out var ethernet))
            {
                return "it is no Ethernet frame";
            }

            if (ethernet.Source != at.HardwareAddress)
            {
                return "it has another's Ethernet address";
            }

            if (ethernet.Type == EtherType.Arp)
            {
                return ArpPacket.TryRead(ethernet.Payload, out _) ? null : "it is no ARP packet";
            }

            packet = ethernet.Payload;
        }

        return packet.Length > at.Mtu ? "it is longer than the MTU" : packet[0] >> 4 == 4 ? CheckIPv4(host, packet, now) : CheckIPv6(host, packet, now);
    }

    private string? CheckIPv4(SimHost host, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (!Ipv4Packet.TryRead(bytes, out var packet) || packet.TotalLength != bytes.Length)
        {
            return "it is no IPv4 packet";
        }

        if (!packet.HasValidChecksum)
        {
            return "the checksum of its IPv4 header is wrong";
        }

        if (packet.MoreFragments || packet.IsLaterFragment || !host.Ip.IsLocal(packet.Source))
        {
            return null;
        }

        return packet.Protocol switch
        {
            IpProtocol.Icmp => _icmp.Check(host, packet, now),
            IpProtocol.Udp => UdpDatagram.TryRead(packet.Payload, out var udp) && udp.HasValidChecksum(packet.Source, packet.Destination) ? null : "it is no UDP datagram",
            IpProtocol.Tcp => _tcp.Check(packet.Source, packet.Destination, packet.Payload),
            _ => null,
        };
    }

    private string? CheckIPv6(SimHost host, ReadOnlySpan<byte> bytes, Instant now)
    {
        if (bytes.Length < Ipv6Packet.MinHeaderLength)
        {
            return "it is no IPv6 packet";
        }

        // What a router passes on may be damaged: it looks at the fixed header only.
        var source = InternetAddress.FromBytes(bytes[8..24]);
        if (!source.IsUnspecified && !host.Ip.IsLocal(source))
        {
            return null;
        }

        if (!Ipv6Packet.TryRead(bytes, out var packet) || packet.TotalLength != bytes.Length)
        {
            return "it is no IPv6 packet";
        }

        if (packet.MoreFragments || packet.IsLaterFragment)
        {
            return null;
        }

        return packet.Protocol switch
        {
            IpProtocol.Icmpv6 => _icmp.Check(host, packet, now),
            IpProtocol.Udp => UdpDatagram.TryRead(packet.Payload, out var udp) && udp.HasValidChecksum(packet.Source, packet.Destination) ? null : "it is no UDP datagram",
            IpProtocol.Tcp => _tcp.Check(packet.Source, packet.Destination, packet.Payload),
            _ => null,
        };
    }
}
