using Portolan.Packets;
using static System.Buffers.Binary.BinaryPrimitives;

namespace Portolan.Lab.Running.Routers;

/// <summary>Gives a packet other ends, with its checksums (RFC 1624).</summary>
internal static class PacketRewriter
{
    /// <summary>Rewrites addresses and ports of a TCP segment or datagram.</summary>
    internal static void Apply(Span<byte> packet, int headerLength, in RouterFlowEnds before, in RouterFlowEnds after)
    {
        RewriteAddresses(packet, before, after);
        var transport = packet[headerLength..];
        if (before.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp) || transport.Length < 4)
        {
            return;
        }

        WriteUInt16BigEndian(transport, after.SourcePort);
        WriteUInt16BigEndian(transport[2..], after.DestinationPort);
        var at = before.Protocol == IpProtocol.Tcp ? 16 : 6;
        if (transport.Length < at + 2)
        {
            return;
        }

        var checksum = ReadUInt16BigEndian(transport[at..]);
        if (before.Protocol == IpProtocol.Udp && checksum == 0)
        {
            // RFC 768: it has none.
            return;
        }

        checksum = InternetChecksum.Update(checksum, before.Source, after.Source);
        checksum = InternetChecksum.Update(checksum, before.Destination, after.Destination);
        checksum = InternetChecksum.Update(checksum, before.SourcePort, after.SourcePort);
        checksum = InternetChecksum.Update(checksum, before.DestinationPort, after.DestinationPort);
        WriteUInt16BigEndian(transport[at..], before.Protocol == IpProtocol.Udp && checksum == 0 ? ushort.MaxValue : checksum);
    }

    /// <summary>Rewrites an ICMP error about a translated packet: its receiver, and what it quotes.</summary>
    /// <param name="packet">The error.</param>
    /// <param name="headerLength">Bytes of its IP header.</param>
    /// <param name="quoted">The ends of the packet that it quotes.</param>
    /// <param name="original">The ends which that packet had when its sender sent it.</param>
    internal static void ApplyToError(Span<byte> packet, int headerLength, in RouterFlowEnds quoted, in RouterFlowEnds original)
    {
        var isIPv4 = quoted.Source.IsIPv4;
        var icmp = packet[headerLength..];
        var inner = icmp[IcmpMessage.HeaderLength..];
        if (!QuotedPacket.TryRead(inner, out var quote))
        {
            return;
        }

        Apply(inner, quote.HeaderLength, quoted, original);

        // The error came from the target, or from a router on the way to it; the sender knows the first as the router's own address.
        var source = InternetAddress.FromBytes(isIPv4 ? packet[12..16] : packet[8..24]);
        var from = source == quoted.Destination ? original.Destination : source;
        var ends = new RouterFlowEnds(isIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6, source, 0, quoted.Source, 0);
        RewriteAddresses(packet, ends, ends with { Source = from, Destination = original.Source });
        WriteUInt16BigEndian(icmp[2..], 0);
        WriteUInt16BigEndian(
            icmp[2..], isIPv4 ? InternetChecksum.Of(icmp) : InternetChecksum.OfTransport(from, original.Source, IpProtocol.Icmpv6, icmp));
    }

    private static void RewriteAddresses(Span<byte> packet, in RouterFlowEnds before, in RouterFlowEnds after)
    {
        if (before.Source.IsIPv4)
        {
            WriteUInt32BigEndian(packet[12..], after.Source.IPv4Bits);
            WriteUInt32BigEndian(packet[16..], after.Destination.IPv4Bits);
            var checksum = InternetChecksum.Update(ReadUInt16BigEndian(packet[10..]), before.Source, after.Source);
            WriteUInt16BigEndian(packet[10..], InternetChecksum.Update(checksum, before.Destination, after.Destination));
        }
        else
        {
            after.Source.WriteBytes(packet[8..]);
            after.Destination.WriteBytes(packet[24..]);
        }
    }
}
