using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Tests.Scan.Simulation;

/// <summary>What a simulated host answers to a packet, as RFC 9293, RFC 792 and Linux do.</summary>
internal readonly struct SimulatedReplies(SimulatedNetwork network, SimulatedHost host, InternetAddress source, InternetAddress destination)
{
    private static ReadOnlySpan<double> RepeatSeconds => [0, 1, 3, 7];

    internal static byte[] Arp(MacAddress hardware, InternetAddress address)
    {
        var frame = new byte[EthernetWriter.Length + ArpPacket.Length];
        EthernetWriter.Write(frame, SimulatedNetwork.OwnHardware, hardware, EtherType.Arp);
        ArpWriter.Write(frame.AsSpan(EthernetWriter.Length), ArpOperation.Reply, hardware, address, SimulatedNetwork.OwnHardware, SimulatedNetwork.Own4);
        return frame;
    }

    internal static byte[] Advertisement(MacAddress hardware, InternetAddress target, InternetAddress asker)
    {
        var message = new byte[NeighbourDiscoveryWriter.Length];
        NeighbourDiscoveryWriter.WriteAdvertisement(message, target, asker, target, hardware);
        return Frame(hardware, target, asker, IpProtocol.Icmpv6, message, NeighbourDiscoveryWriter.HopLimit);
    }

    internal void Answer(IpProtocol protocol, ReadOnlySpan<byte> payload, ReadOnlySpan<byte> packet)
    {
        switch (protocol)
        {
            case IpProtocol.Tcp when TcpSegment.TryRead(payload, out var segment) && segment.HasValidChecksum(source, destination):
                AnswerTcp(segment, packet);
                break;
            case IpProtocol.Udp when UdpDatagram.TryRead(payload, out var datagram) && datagram.HasValidChecksum(source, destination):
                AnswerUdp(datagram, packet);
                break;
            case IpProtocol.Icmp when IcmpMessage.TryRead(payload, out var message) && message.HasValidChecksum && host.AnswersPing:
                AnswerPing(message);
                break;
            case IpProtocol.Icmpv6 when Icmpv6Message.TryRead(payload, out var message) && message.Type == Icmpv6Type.EchoRequest && host.AnswersPing:
                var reply = new byte[Icmpv6Message.HeaderLength + message.Payload.Length];
                Icmpv6Writer.WriteEchoReply(reply, destination, source, message.Identifier, message.SequenceNumber, message.Payload);
                Send(IpProtocol.Icmpv6, reply);
                break;
        }
    }

    private void AnswerTcp(TcpSegment segment, ReadOnlySpan<byte> packet)
    {
        var port = segment.DestinationPort;
        host.Arrived[port] = host.Arrived.GetValueOrDefault(port) + 1;
        var isSyn = (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn;
        switch (host.Tcp(port))
        {
            case PortBehaviour.Rejected:
                Reject(packet);
                break;
            case PortBehaviour.Closed:
                Reset(segment);
                break;
            case PortBehaviour.Open when (segment.Flags & TcpFlags.Ack) != 0:
                Reset(segment);
                break;
            case PortBehaviour.Open when isSyn:
                Handshake(segment, TcpFlags.Syn | TcpFlags.Ack, 64240, hasOptions: true);
                break;
            case PortBehaviour.Proxied when isSyn:
                Handshake(segment, TcpFlags.Syn | TcpFlags.Ack, 0, hasOptions: false);
                break;
            case PortBehaviour.SplitHandshake when isSyn:
                Handshake(segment, TcpFlags.Syn, 64240, hasOptions: true);
                break;
        }
    }

    // RFC 9293 section 3.5.2, group 1.
    private void Reset(TcpSegment segment)
    {
        if (!(host.ResetLimit?.TryTake(network.Time.Now) ?? true))
        {
            return;
        }

        var hasAcknowledgment = (segment.Flags & TcpFlags.Ack) != 0;
        SendTcp(new TcpHeader(
            segment.DestinationPort,
            segment.SourcePort,
            hasAcknowledgment ? segment.Acknowledgment : 0,
            hasAcknowledgment ? 0 : segment.Sequence + (uint)segment.SequenceLength,
            hasAcknowledgment ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
            0), [], 0);
    }

    // Repeated until our kernel's RST gets through: it knows nothing of the handshake.
    private void Handshake(TcpSegment segment, TcpFlags flags, ushort window, bool hasOptions)
    {
        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        options = options[..(hasOptions ? TcpOptionsWriter.WriteMinimalSyn(options, 1460) : 0)];
        var acknowledgment = (flags & TcpFlags.Ack) != 0 ? segment.Sequence + 1 : 0;
        foreach (var after in RepeatSeconds)
        {
            var header = new TcpHeader(segment.DestinationPort, segment.SourcePort, 0x1234_5678, acknowledgment, flags, window);
            if (SendTcp(header, options, after) && !network.IsLost())
            {
                return;
            }
        }
    }

    private void AnswerUdp(UdpDatagram datagram, ReadOnlySpan<byte> packet)
    {
        switch (host.Udp(datagram.DestinationPort))
        {
            case PortBehaviour.Open:
                var reply = new byte[UdpDatagram.HeaderLength + 4];
                UdpWriter.Write(reply, destination, source, datagram.DestinationPort, datagram.SourcePort, "pong"u8);
                Send(IpProtocol.Udp, reply);
                break;
            case PortBehaviour.Closed:
                Unreachable(destination.IsIPv4 ? (byte)IcmpUnreachableCode.Port : (byte)Icmpv6UnreachableCode.Port, packet, destination);
                break;
            case PortBehaviour.Rejected:
                Reject(packet);
                break;
        }
    }

    private void AnswerPing(IcmpMessage message)
    {
        var reply = new byte[64];
        var length = message.Type switch
        {
            IcmpType.EchoRequest => IcmpWriter.WriteEchoReply(reply, message.Identifier, message.SequenceNumber, message.Payload),
            IcmpType.TimestampRequest when message.TryReadTimestamps(out var originate, out _, out _) =>
                IcmpWriter.WriteTimestampReply(reply, message.Identifier, message.SequenceNumber, originate, 1, 2),
            _ => 0,
        };
        if (length > 0)
        {
            Send(IpProtocol.Icmp, reply.AsSpan(0, length));
        }
    }

    private void Reject(ReadOnlySpan<byte> packet) => Unreachable(host.RejectCode, packet, host.Rejecter ?? destination);

    private void Unreachable(byte code, ReadOnlySpan<byte> packet, InternetAddress from)
    {
        if (!(host.ErrorLimit?.TryTake(network.Time.Now) ?? true))
        {
            return;
        }

        var quoted = packet[..Math.Min(packet.Length, (source.IsIPv4 ? Ipv4Packet.MinHeaderLength : Ipv6Packet.MinHeaderLength) + 8)];
        var message = new byte[8 + quoted.Length];
        if (source.IsIPv4)
        {
            IcmpWriter.WriteUnreachable(message, (IcmpUnreachableCode)code, quoted);
        }
        else
        {
            Icmpv6Writer.WriteUnreachable(message, from, source, (Icmpv6UnreachableCode)code, quoted);
        }

        Send(source.IsIPv4 ? IpProtocol.Icmp : IpProtocol.Icmpv6, message, from: from);
    }

    private bool SendTcp(in TcpHeader header, ReadOnlySpan<byte> options, double afterSeconds)
    {
        var bytes = new byte[TcpSegment.MinHeaderLength + options.Length];
        TcpWriter.Write(bytes, destination, source, header, options);
        return Send(IpProtocol.Tcp, bytes, afterSeconds);
    }

    private bool Send(IpProtocol protocol, ReadOnlySpan<byte> bytes, double afterSeconds = 0, InternetAddress? from = null) => network.Come(
        Frame(host.HardwareAddress, from ?? destination, source, protocol, bytes, 64),
        network.Time.Now + VirtualTime.Milliseconds(host.RoundTrip + (afterSeconds * 1000)));

    private static byte[] Frame(
        MacAddress hardware, InternetAddress from, InternetAddress to, IpProtocol protocol, ReadOnlySpan<byte> payload, byte timeToLive)
    {
        var header = from.IsIPv4 ? Ipv4Writer.Length : Ipv6Writer.Length;
        var frame = new byte[EthernetWriter.Length + header + payload.Length];
        EthernetWriter.Write(frame, SimulatedNetwork.OwnHardware, hardware, from.IsIPv4 ? EtherType.Ipv4 : EtherType.Ipv6);
        var ip = frame.AsSpan(EthernetWriter.Length);
        _ = from.IsIPv4
            ? Ipv4Writer.Write(ip, from, to, protocol, payload.Length, timeToLive)
            : Ipv6Writer.Write(ip, from, to, protocol, payload.Length, timeToLive);
        payload.CopyTo(ip[header..]);
        return frame;
    }
}
