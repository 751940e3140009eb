using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Transport.Hostile.Attacks;

/// <summary>Writes packets as anybody may.</summary>
internal static class Forge
{
    private const int TcpLength = 20;

    internal static InternetAddress Ip(string text) =>
        InternetAddress.TryParse(text, out var address) ? address : throw new ArgumentException(text);

    /// <summary>An address of 198.19.0.0/16: strangers.</summary>
    internal static InternetAddress Stranger(int index) => InternetAddress.FromIPv4(0xc613_0001u + ((uint)index & 0x7fff));

    /// <summary>A segment in an IP packet.</summary>
    internal static byte[] Segment(
        InternetAddress from, int fromPort, InternetAddress to, int toPort, TcpFlags flags, uint sequence, uint acknowledgment = 0,
        int window = 60_000, ReadOnlySpan<byte> options = default, ReadOnlySpan<byte> payload = default)
    {
        var header = from.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var packet = new byte[header + TcpLength + options.Length + payload.Length];
        var tcp = new TcpHeader(
            new PortNumber((ushort)fromPort), new PortNumber((ushort)toPort), sequence, acknowledgment, flags, (ushort)window);
        var length = TcpWriter.Write(packet.AsSpan(header), from, to, tcp, options, payload);
        WriteHeader(packet, from, to, IpProtocol.Tcp, length);
        return packet;
    }

    /// <summary>The options of a SYN.</summary>
    internal static byte[] SynOptions(int mss = 1460, int shift = 7, bool sack = true, uint? timestamp = 1)
    {
        var buffer = new byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(buffer);
        writer.AddMaximumSegmentSize((ushort)mss);
        if (sack)
        {
            writer.AddSackPermitted();
        }

        if (timestamp is { } value)
        {
            writer.AddTimestamps(value, 0);
        }

        if (shift >= 0)
        {
            writer.AddWindowScale((byte)shift);
        }

        return buffer[..writer.Pad()];
    }

    /// <summary>An IPv4 fragment of a datagram.</summary>
    internal static byte[] Fragment(
        InternetAddress from, InternetAddress to, ushort identification, int offset, bool more, ReadOnlySpan<byte> data,
        IpProtocol protocol = IpProtocol.Udp)
    {
        var packet = new byte[Ipv4Writer.Length + data.Length];
        Ipv4Writer.Write(packet, new Ipv4Header(from, to, protocol, 64, identification, false, more, offset), data.Length);
        data.CopyTo(packet.AsSpan(Ipv4Writer.Length));
        return packet;
    }

    /// <summary>An IPv6 fragment.</summary>
    internal static byte[] Fragment6(
        InternetAddress from, InternetAddress to, uint identification, int offset, bool more, ReadOnlySpan<byte> data)
    {
        var payload = new byte[8 + data.Length];
        payload[0] = (byte)IpProtocol.Udp;
        System.Buffers.Binary.BinaryPrimitives.WriteUInt16BigEndian(payload.AsSpan(2), (ushort)(offset | (more ? 1 : 0)));
        System.Buffers.Binary.BinaryPrimitives.WriteUInt32BigEndian(payload.AsSpan(4), identification);
        data.CopyTo(payload.AsSpan(8));
        return Packet(from, to, IpProtocol.Fragment, payload);
    }

    /// <summary>Any IP packet.</summary>
    internal static byte[] Packet(InternetAddress from, InternetAddress to, IpProtocol protocol, ReadOnlySpan<byte> payload)
    {
        var header = from.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var packet = new byte[header + payload.Length];
        WriteHeader(packet, from, to, protocol, payload.Length);
        payload.CopyTo(packet.AsSpan(header));
        return packet;
    }

    /// <summary>A datagram.</summary>
    internal static byte[] Datagram(InternetAddress from, int fromPort, InternetAddress to, int toPort, ReadOnlySpan<byte> payload)
    {
        var datagram = new byte[8 + payload.Length];
        UdpWriter.Write(datagram, from, to, new PortNumber((ushort)fromPort), new PortNumber((ushort)toPort), payload);
        return Packet(from, to, IpProtocol.Udp, datagram);
    }

    /// <summary>An ICMP error that quotes a packet.</summary>
    internal static byte[] Error(
        InternetAddress from, InternetAddress to, IcmpUnreachableCode code, ReadOnlySpan<byte> quoted, ushort mtu = 0)
    {
        var message = new byte[8 + quoted.Length];
        IcmpWriter.WriteUnreachable(message, code, quoted, mtu);
        return Packet(from, to, IpProtocol.Icmp, message);
    }

    private static void WriteHeader(Span<byte> packet, InternetAddress from, InternetAddress to, IpProtocol protocol, int length)
    {
        if (from.IsIPv4)
        {
            Ipv4Writer.Write(packet, from, to, protocol, length);
        }
        else
        {
            Ipv6Writer.Write(packet, from, to, protocol, length);
        }
    }
}
