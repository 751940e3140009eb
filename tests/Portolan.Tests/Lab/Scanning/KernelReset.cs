using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Lab.Scanning;

/// <summary>What a kernel answers to a SYN-ACK that belongs to no connection of its own: a RST (RFC 9293 section 3.10.7.1).</summary>
internal static class KernelReset
{
    private const byte TimeToLive = 64;

    /// <summary>The answer to a packet; <c>null</c> where there is none.</summary>
    internal static byte[]? For(ReadOnlySpan<byte> packet)
    {
        if (Ipv4Packet.TryRead(packet, out var four))
        {
            return four.Protocol == IpProtocol.Tcp ? For(four.Destination, four.Source, four.Payload) : null;
        }

        return Ipv6Packet.TryRead(packet, out var six) && six.Protocol == IpProtocol.Tcp
            ? For(six.Destination, six.Source, six.Payload)
            : null;
    }

    private static byte[]? For(InternetAddress own, InternetAddress other, ReadOnlySpan<byte> bytes)
    {
        if (!TcpSegment.TryRead(bytes, out var segment)
            || (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) != (TcpFlags.Syn | TcpFlags.Ack))
        {
            return null;
        }

        var header = own.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var reset = new byte[header + TcpSegment.MinHeaderLength];
        TcpWriter.Write(
            reset.AsSpan(header), own, other,
            new TcpHeader(segment.DestinationPort, segment.SourcePort, segment.Acknowledgment, 0, TcpFlags.Rst, 0), []);
        _ = own.IsIPv4
            ? Ipv4Writer.Write(reset, own, other, IpProtocol.Tcp, TcpSegment.MinHeaderLength, TimeToLive)
            : Ipv6Writer.Write(reset, own, other, IpProtocol.Tcp, TcpSegment.MinHeaderLength, TimeToLive);
        return reset;
    }
}
