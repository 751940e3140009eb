using Portolan.Packets;
using Portolan.Packets.Links;

namespace Portolan.Traffic.Capture;

/// <summary>Where a packet comes from and goes to.</summary>
/// <param name="Protocol">Its protocol; <c>null</c> for one without ports.</param>
/// <param name="Source">The sender's address.</param>
/// <param name="SourcePort">The sender's port; 0 in later fragments.</param>
/// <param name="Destination">The receiver's address.</param>
/// <param name="DestinationPort">The receiver's port.</param>
public readonly record struct PacketEnds(
    SocketProtocol? Protocol, InternetAddress Source, ushort SourcePort, InternetAddress Destination, ushort DestinationPort)
{
    /// <summary>Reads a frame; fails for what is not an IP packet. Never throws.</summary>
    public static bool TryRead(ReadOnlySpan<byte> frame, LinkLayer layer, out PacketEnds ends)
    {
        ends = default;
        if (layer == LinkLayer.Ethernet)
        {
            if (!EthernetFrame.TryRead(frame, out var ethernet))
            {
                return false;
            }

            frame = ethernet.Payload;
        }

        if (Ipv4Packet.TryRead(frame, out var ipv4))
        {
            ends = Of(ipv4.Protocol, ipv4.Source, ipv4.Destination, ipv4.IsLaterFragment ? default : ipv4.Payload);
            return true;
        }

        if (Ipv6Packet.TryRead(frame, out var ipv6))
        {
            ends = Of(ipv6.Protocol, ipv6.Source, ipv6.Destination, ipv6.FragmentOffset != 0 ? default : ipv6.Payload);
            return true;
        }

        return false;
    }

    private static PacketEnds Of(IpProtocol protocol, InternetAddress source, InternetAddress destination, ReadOnlySpan<byte> payload)
    {
        SocketProtocol? kind = (byte)protocol switch
        {
            6 => SocketProtocol.Tcp,
            17 => SocketProtocol.Udp,
            33 => SocketProtocol.Dccp,
            132 => SocketProtocol.Sctp,
            136 => SocketProtocol.UdpLite,
            _ => null,
        };

        // All of them begin with the two ports.
        return kind is null || payload.Length < 4
            ? new PacketEnds(kind, source, 0, destination, 0)
            : new PacketEnds(
                kind, source, (ushort)((payload[0] << 8) | payload[1]), destination, (ushort)((payload[2] << 8) | payload[3]));
    }
}
