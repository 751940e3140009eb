using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Transport.Testing.Checks;

/// <summary>What must hold of every frame that a host sends, whatever came before.</summary>
internal sealed class WireChecks(HostChecks inside)
{
    private readonly IcmpChecks _icmp = new();
    private readonly TcpChecks _tcp = new();

    /// <summary>
    /// When a host last heard of a neighbour's address: what waited for it leaves at that moment, whatever became of its sender meanwhile.
    /// </summary>
    private readonly Dictionary<SimHost, Instant> _neighbourNews = [];

    internal void ExpectForgery(InternetAddress source, PortNumber sourcePort, InternetAddress destination, PortNumber destinationPort) =>
        _tcp.ExpectForgery(source, sourcePort, destination, destinationPort);

    /// <summary>Takes note of what comes to a host, as far as it is for it and whole.</summary>
    internal void Arrive(SimHost host, ReadOnlySpan<byte> frame, IpInterface at, Instant now)
    {
        var packet = frame;
        if (at.Layer == LinkLayer.Ethernet)
        {
            if (!EthernetFrame.TryRead(frame, out var ethernet))
            {
                return;
            }

            if (ethernet.Type == EtherType.Arp)
            {
                _neighbourNews[host] = now;
                return;
            }

            packet = ethernet.Payload;
        }

        if (Ipv4Packet.TryRead(packet, out var v4))
        {
            if (v4.Protocol == IpProtocol.Tcp && v4.HasValidChecksum && !v4.MoreFragments && !v4.IsLaterFragment
                && host.Ip.IsLocal(v4.Destination))
            {
                ArriveTcp(host, v4.Source, v4.Destination, v4.Payload, at);
            }
        }
        else if (Ipv6Packet.TryRead(packet, out var v6))
        {
            if (v6.Protocol == IpProtocol.Icmpv6)
            {
                _neighbourNews[host] = now;
            }
            else if (v6.Protocol == IpProtocol.Tcp && !v6.HasFragmentHeader && host.Ip.IsLocal(v6.Destination))
            {
                ArriveTcp(host, v6.Source, v6.Destination, v6.Payload, at);
            }
        }
    }

    /// <summary>Returns what is wrong, or <c>null</c>.</summary>
    internal string? Check(SimHost host, ReadOnlySpan<byte> frame, IpInterface at, Instant now)
    {
        var packet = frame;
        if (at.Layer == LinkLayer.Ethernet)
        {
            if (!EthernetFrame.TryRead(frame, out var ethernet))
            {
                return "it is not an Ethernet frame";
            }

            if (ethernet.Source != at.HardwareAddress)
            {
                return "it has another's Ethernet address";
            }

            if (ethernet.Type == EtherType.Arp)
            {
                return ArpPacket.TryRead(ethernet.Payload, out _) ? null : "it is not an ARP packet";
            }

            packet = ethernet.Payload;
        }

        if (!at.IsUp)
        {
            return "its interface is down";
        }

        return packet.Length > at.Mtu
            ? "it is longer than the MTU"
            : packet[0] >> 4 == 4 ? CheckIPv4(host, packet, at, now) : CheckIPv6(host, packet, at, now);
    }

    private void ArriveTcp(SimHost host, InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes, IpInterface at) =>
        _tcp.Arrive(
        source,
        destination,
        bytes,
        bytes.Length >= 4
            && host.Tcp.HasConnection(
                destination, new PortNumber(ReadUInt16BigEndian(bytes[2..])), source, new PortNumber(ReadUInt16BigEndian(bytes)),
                at.Number));

    private string? CheckTcp(
        SimHost host, InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> bytes, IpInterface at, Instant now) =>
            _tcp.Check(
        source,
        destination,
        bytes,
        _neighbourNews.TryGetValue(host, out var heard) && heard == now,
        bytes.Length >= 4
            && inside.Knew(
                host, source, new PortNumber(ReadUInt16BigEndian(bytes)), destination, new PortNumber(ReadUInt16BigEndian(bytes[2..])),
                at.Number));

    /// <summary>
    /// Segments are cut into fragments where a path takes less than the least of them, or less than it did: what of it arrives is not
    /// followed.
    /// </summary>
    private void ExpectGathering(InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> segment)
    {
        if (segment.Length >= 4)
        {
            _tcp.ExpectForgery(
                source, new PortNumber(ReadUInt16BigEndian(segment)), destination, new PortNumber(ReadUInt16BigEndian(segment[2..])));
        }
    }

    private string? CheckIPv4(SimHost host, ReadOnlySpan<byte> bytes, IpInterface at, Instant now)
    {
        if (!Ipv4Packet.TryRead(bytes, out var packet) || packet.TotalLength != bytes.Length)
        {
            return "it is not an IPv4 packet";
        }

        if (!packet.HasValidChecksum)
        {
            return "the checksum of its IPv4 header is wrong";
        }

        if (packet.MoreFragments || packet.IsLaterFragment || !host.Ip.IsLocal(packet.Source))
        {
            if (packet is { Protocol: IpProtocol.Tcp, IsLaterFragment: false })
            {
                ExpectGathering(packet.Source, packet.Destination, packet.Payload);
            }

            return null;
        }

        return packet.Protocol switch
        {
            IpProtocol.Icmp => _icmp.Check(host, packet, now),
            IpProtocol.Udp =>
                UdpDatagram.TryRead(packet.Payload, out var udp) && udp.HasValidChecksum(packet.Source, packet.Destination)
                    ? null
                    : "it is not a UDP datagram",
            IpProtocol.Tcp => CheckTcp(host, packet.Source, packet.Destination, packet.Payload, at, now),
            _ => null,
        };
    }

    private string? CheckIPv6(SimHost host, ReadOnlySpan<byte> bytes, IpInterface at, Instant now)
    {
        if (bytes.Length < Ipv6Packet.MinHeaderLength)
        {
            return "it is not an IPv6 packet";
        }

        // What a router passes on may be damaged: it looks at the fixed header only.
        var source = InternetAddress.FromBytes(bytes[8..24]);
        if (!source.IsUnspecified && !host.Ip.IsLocal(source))
        {
            return null;
        }

        if (!Ipv6Packet.TryRead(bytes, out var packet) || packet.TotalLength != bytes.Length)
        {
            return "it is not an IPv6 packet";
        }

        if (packet.MoreFragments || packet.IsLaterFragment)
        {
            if (packet is { Protocol: IpProtocol.Tcp, IsLaterFragment: false })
            {
                ExpectGathering(packet.Source, packet.Destination, packet.Payload);
            }

            return null;
        }

        return packet.Protocol switch
        {
            IpProtocol.Icmpv6 => _icmp.Check(host, packet, now),
            IpProtocol.Udp =>
                UdpDatagram.TryRead(packet.Payload, out var udp) && udp.HasValidChecksum(packet.Source, packet.Destination)
                    ? null
                    : "it is not a UDP datagram",
            IpProtocol.Tcp => CheckTcp(host, packet.Source, packet.Destination, packet.Payload, at, now),
            _ => null,
        };
    }
}
