using Portolan.Model;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Scan.Engine;
using Portolan.Scan.Probes.Payloads;
using Portolan.Scan.Results;

namespace Portolan.Scan.Probes;

/// <summary>
/// Finds out what a received frame answers and what it says, from the frame and the key alone. A frame without our cookie is none of ours
/// and says nothing.
/// </summary>
/// <remarks>
/// <para>The states are those of nmap's tables for each scan type (nmap reference guide, "Port Scanning Techniques").</para>
/// <para>
/// Checksums are not looked at: between hosts that share a kernel they are left to hardware that is not there. Immutable; any thread;
/// allocates nothing.
/// </para>
/// </remarks>
/// <param name="cookies">The key.</param>
/// <param name="ports">Our ports.</param>
/// <param name="technique">The scan's.</param>
/// <param name="payloads">What datagrams held.</param>
/// <param name="flags">Flags of the scan's probes in place of the technique's.</param>
public sealed class ReplyClassifier(
    ProbeCookies cookies, SourcePorts ports, TcpTechnique technique, UdpPayloads payloads, TcpFlags? flags = null)
{
    /// <summary>Whether probes of the scan itself carry ACK, so that what answers an ACK says something of a port.</summary>
    private readonly bool _scanAcknowledges = flags is { } own ? (own & TcpFlags.Ack) != 0 : technique == TcpTechnique.Ack;

    /// <summary>
    /// ICMP errors that the TTL of a probe ended on the way are read too, as <see cref="ReplyReason.TimeExceeded"/>; otherwise they say
    /// nothing.
    /// </summary>
    public bool ReadsTimeExceeded { get; init; }

    /// <summary>Reads a frame as a link gives it.</summary>
    /// <returns>It answers one of our probes.</returns>
    public bool TryClassify(LinkLayer layer, ReadOnlySpan<byte> frame, out ProbeReply reply)
    {
        reply = default;
        if (layer == LinkLayer.Ip)
        {
            return frame.Length > 0 && (frame[0] >> 4 == 4 ? TryIpv4(frame, out reply) : TryIpv6(frame, out reply));
        }

        return EthernetFrame.TryRead(frame, out var ethernet) && ethernet.Type switch
        {
            EtherType.Ipv4 => TryIpv4(ethernet.Payload, out reply),
            EtherType.Ipv6 => TryIpv6(ethernet.Payload, out reply),
            EtherType.Arp => TryArp(ethernet.Payload, out reply),
            _ => false,
        };
    }

    private bool TryIpv4(ReadOnlySpan<byte> bytes, out ProbeReply reply)
    {
        reply = default;
        if (!Ipv4Packet.TryRead(bytes, out var packet) || packet.IsLaterFragment)
        {
            return false;
        }

        var ends = new Ends(packet.Source, packet.Destination, packet.TimeToLive);
        return packet.Protocol switch
        {
            IpProtocol.Tcp => TryTcp(packet.Payload, ends, out reply),
            IpProtocol.Udp => TryUdp(packet.Payload, packet.MoreFragments, ends, out reply),
            IpProtocol.Icmp => TryIcmp(packet.Payload, ends, out reply),
            _ => false,
        };
    }

    private bool TryIpv6(ReadOnlySpan<byte> bytes, out ProbeReply reply)
    {
        reply = default;
        if (!Ipv6Packet.TryRead(bytes, out var packet) || packet.IsLaterFragment)
        {
            return false;
        }

        var ends = new Ends(packet.Source, packet.Destination, packet.HopLimit);
        return packet.Protocol switch
        {
            IpProtocol.Tcp => TryTcp(packet.Payload, ends, out reply),
            IpProtocol.Udp => TryUdp(packet.Payload, packet.MoreFragments, ends, out reply),
            IpProtocol.Icmpv6 => TryIcmpv6(packet.Payload, ends, out reply),
            _ => false,
        };
    }

    private bool TryTcp(ReadOnlySpan<byte> bytes, in Ends ends, out ProbeReply reply)
    {
        reply = default;
        if (!TcpSegment.TryRead(bytes, out var segment))
        {
            return false;
        }

        var cookie = cookies.Of(ends.Destination, ends.Source, segment.SourcePort.Value, (byte)IpProtocol.Tcp);
        if (!ports.TryRead(segment.DestinationPort, cookie.PortBits, out var tag))
        {
            return false;
        }

        var kind = ProbeKind.Tcp;
        var said = segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst);
        var isReset = (said & TcpFlags.Rst) != 0;
        if (said == TcpFlags.Syn && technique == TcpTechnique.Syn)
        {
            // A split handshake (RFC 9293 section 3.5, simultaneous open) acknowledges nothing: only the cookie in our port tells that it
            // is not a stray.
            if (ports.IsFixed || tag.IsControl)
            {
                return false;
            }
        }
        else if (!(isReset || said == (TcpFlags.Syn | TcpFlags.Ack)) || !Brings(segment, isReset, cookie, ref tag))
        {
            if (!isReset || !BringsAcknowledgment(segment, cookie, ref tag))
            {
                return false;
            }

            // It answers an ACK. When that was a ping, it says of the host that it is there, and nothing of the port.
            kind = _scanAcknowledges ? ProbeKind.Tcp : ProbeKind.AckPing;
        }

        var (state, reason) = JudgeTcp(segment, isReset);
        var evidence = state == PortState.Open ? Evidence.SynAck : Evidence.None;
        reply = ends.Reply(kind, segment.SourcePort.Value, tag, state, reason, evidence);
        return true;
    }

    // Whether a segment brings back what only our probe held.
    private bool Brings(in TcpSegment segment, bool isReset, ProbeCookie cookie, ref ProbeTag tag)
    {
        var ours = segment.DestinationPort.Value;
        var hasAcknowledgment = (segment.Flags & TcpFlags.Ack) != 0;
        if (ports.IsFixed)
        {
            return (hasAcknowledgment && ProbeCookie.TryReadTag(segment.Acknowledgment - 1, cookie.SequenceWithTag(default), out tag))
                || (hasAcknowledgment && isReset
                    && ProbeCookie.TryReadTag(segment.Acknowledgment, cookie.SequenceWithTag(default), out tag));
        }

        // SYN and FIN each count for one; some hosts acknowledge a RST's cause without counting (zmap takes both too), or data with it.
        var beyond = segment.Acknowledgment - cookie.Sequence(ours);
        return hasAcknowledgment && (beyond == 1 || (isReset && beyond <= 2));
    }

    // Whether an RST brings back what only a probe with ACK held: as its number (RFC 9293 section 3.5.2), or acknowledged by hosts that
    // should not.
    private bool BringsAcknowledgment(in TcpSegment segment, ProbeCookie cookie, ref ProbeTag tag)
    {
        var hasAcknowledgment = (segment.Flags & TcpFlags.Ack) != 0;
        if (ports.IsFixed)
        {
            var expected = cookie.AcknowledgmentWithTag(default);
            return ProbeCookie.TryReadTag(segment.Sequence, expected, out tag)
                || (hasAcknowledgment && ProbeCookie.TryReadTag(segment.Acknowledgment, expected, out tag));
        }

        var number = cookie.Acknowledgment(segment.DestinationPort.Value);
        return segment.Sequence == number || (hasAcknowledgment && segment.Acknowledgment - number <= 1);
    }

    private (PortState State, ReplyReason Reason) JudgeTcp(in TcpSegment segment, bool isReset)
    {
        if (isReset)
        {
            return (technique == TcpTechnique.Ack ? PortState.Unfiltered : PortState.Closed, ReplyReason.Reset);
        }

        // A SYN proxy answers for hosts that may not be there, before it asks them: no options and window 0, for it can promise neither.
        var isForged = (segment.Flags & TcpFlags.Ack) != 0 && segment.Window == 0 && segment.Options.Bytes.Length == 0;
        return isForged ? (PortState.Filtered, ReplyReason.SynProxy) : (PortState.Open, ReplyReason.SynAck);
    }

    private bool TryUdp(ReadOnlySpan<byte> bytes, bool isFirstFragment, in Ends ends, out ProbeReply reply)
    {
        reply = default;

        // A long reply comes in fragments; the first has the ports, which is all that is asked.
        if (!(isFirstFragment ? UdpDatagram.TryReadFirstFragment(bytes, out var datagram) : UdpDatagram.TryRead(bytes, out datagram)))
        {
            return false;
        }

        var cookie = cookies.Of(ends.Destination, ends.Source, datagram.SourcePort.Value, (byte)IpProtocol.Udp);
        if (!ports.TryRead(datagram.DestinationPort, cookie.PortBits, out var tag))
        {
            return false;
        }

        var evidence = payloads.TryIdentify(datagram.SourcePort, datagram.Payload, out _) ? Evidence.Identified : Evidence.Handshake;
        reply = ends.Reply(ProbeKind.Udp, datagram.SourcePort.Value, tag, PortState.Open, ReplyReason.UdpResponse, evidence);
        return true;
    }

    private bool TryIcmp(ReadOnlySpan<byte> bytes, in Ends ends, out ProbeReply reply)
    {
        reply = default;
        if (!IcmpMessage.TryRead(bytes, out var message))
        {
            return false;
        }

        if (message.Type == IcmpType.DestinationUnreachable)
        {
            return UnreachableReasons.Of((IcmpUnreachableCode)message.Code) is { } reason
                && TryQuoted(message.Quoted, ends, reason, out reply);
        }

        if (ReadsTimeExceeded && message is { Type: IcmpType.TimeExceeded, Code: 0 })
        {
            return TryQuoted(message.Quoted, ends, ReplyReason.TimeExceeded, out reply);
        }

        var isEcho = message.Type == IcmpType.EchoReply;
        if (!isEcho && message.Type != IcmpType.TimestampReply)
        {
            return false;
        }

        var cookie = cookies.Of(ends.Destination, ends.Source, 0, (byte)IpProtocol.Icmp);
        var holdsCookie = isEcho
            ? HoldsCookie(message.Payload, cookie)
            : message.TryReadTimestamps(out var originate, out _, out _) && originate == IcmpCookie.Originate(cookie);
        if (!holdsCookie || message.Identifier != cookie.Identification || !IcmpCookie.TryReadSequence(message.SequenceNumber, out var tag))
        {
            return false;
        }

        reply = ends.Reply(
            isEcho ? ProbeKind.Echo : ProbeKind.Timestamp, 0, tag, PortState.Unknown,
            isEcho ? ReplyReason.EchoReply : ReplyReason.TimestampReply, Evidence.None);
        return true;
    }

    private bool TryIcmpv6(ReadOnlySpan<byte> bytes, in Ends ends, out ProbeReply reply)
    {
        reply = default;
        if (!Icmpv6Message.TryRead(bytes, out var message))
        {
            return false;
        }

        if (message.Type == Icmpv6Type.DestinationUnreachable)
        {
            return UnreachableReasons.Of((Icmpv6UnreachableCode)message.Code) is { } reason
                && TryQuoted(message.Quoted, ends, reason, out reply);
        }

        if (ReadsTimeExceeded && message is { Type: Icmpv6Type.TimeExceeded, Code: 0 })
        {
            return TryQuoted(message.Quoted, ends, ReplyReason.TimeExceeded, out reply);
        }

        if (message.Type == Icmpv6Type.NeighbourAdvertisement)
        {
            return TryAdvertisement(message, ends, out reply);
        }

        var cookie = cookies.Of(ends.Destination, ends.Source, 0, (byte)IpProtocol.Icmpv6);
        if (message.Type != Icmpv6Type.EchoReply || message.Identifier != cookie.Identification || !HoldsCookie(message.Payload, cookie)
            || !IcmpCookie.TryReadSequence(message.SequenceNumber, out var tag))
        {
            return false;
        }

        reply = ends.Reply(ProbeKind.Echo, 0, tag, PortState.Unknown, ReplyReason.EchoReply, Evidence.None);
        return true;
    }

    // RFC 4861 section 7.1.2: only from the link itself, which the hop limit proves.
    private static bool TryAdvertisement(in Icmpv6Message message, in Ends ends, out ProbeReply reply)
    {
        reply = default;
        if (ends.TimeToLive != NeighbourDiscoveryWriter.HopLimit || message.Code != 0 || !message.IsNeighbourMessage
            || !message.NeighbourOptions.TryFindLinkLayerAddress(NeighbourOptionType.TargetLinkLayerAddress, out var hardware))
        {
            return false;
        }

        var target = message.NeighbourTarget;
        reply = new ProbeReply(
            target, ProbeKind.Neighbour, 0, default, PortState.Unknown, ReplyReason.NeighbourResponse, ends.TimeToLive, Evidence.None,
            target, hardware);
        return true;
    }

    private static bool TryArp(ReadOnlySpan<byte> bytes, out ProbeReply reply)
    {
        reply = default;
        if (!ArpPacket.TryRead(bytes, out var arp) || arp.Operation != ArpOperation.Reply)
        {
            return false;
        }

        reply = new ProbeReply(
            arp.SenderAddress,
            ProbeKind.Neighbour,
            0,
            default,
            PortState.Unknown,
            ReplyReason.ArpResponse,
            0,
            Evidence.None,
            arp.SenderAddress,
            arp.SenderHardwareAddress);
        return true;
    }

    // An error counts only when the packet it quotes is one of our probes.
    private bool TryQuoted(ReadOnlySpan<byte> bytes, in Ends ends, ReplyReason reason, out ProbeReply reply)
    {
        reply = default;
        if (!QuotedPacket.TryRead(bytes, out var quoted) || quoted.Source != ends.Destination)
        {
            return false;
        }

        if (quoted.HasEcho)
        {
            return TryQuotedEcho(quoted, ends, reason, out reply);
        }

        if (!quoted.HasPorts || quoted.Protocol is not (IpProtocol.Tcp or IpProtocol.Udp))
        {
            return false;
        }

        var isTcp = quoted.Protocol == IpProtocol.Tcp;
        var cookie = cookies.Of(quoted.Source, quoted.Destination, quoted.DestinationPort.Value, (byte)quoted.Protocol);
        var isPing = false;
        if (!ports.TryRead(quoted.SourcePort, cookie.PortBits, out var tag)
            || (isTcp
                ? !HoldsSequence(quoted, cookie, ref tag, out isPing)
                : quoted.IsIPv4 && quoted.Identification != cookie.Identification))
        {
            return false;
        }

        // Only the host itself can say that nothing listens there (nmap: from anyone else it is a filter's word).
        var isClosed = !isTcp && reason == ReplyReason.PortUnreachable && ends.Source == quoted.Destination;
        reply = new ProbeReply(
            quoted.Destination,
            isPing ? ProbeKind.AckPing : isTcp ? ProbeKind.Tcp : ProbeKind.Udp,
            quoted.DestinationPort.Value,
            tag,
            isClosed ? PortState.Closed : PortState.Filtered,
            reason,
            ends.TimeToLive,
            Evidence.None,
            ends.Source,
            default);
        return true;
    }

    private bool TryQuotedEcho(in QuotedPacket quoted, in Ends ends, ReplyReason reason, out ProbeReply reply)
    {
        reply = default;
        var cookie = cookies.Of(quoted.Source, quoted.Destination, 0, (byte)quoted.Protocol);
        if (quoted.EchoIdentifier != cookie.Identification || !IcmpCookie.TryReadSequence(quoted.EchoSequenceNumber, out var tag))
        {
            return false;
        }

        reply = new ProbeReply(
            quoted.Destination, ProbeKind.Echo, 0, tag, PortState.Unknown, reason, ends.TimeToLive, Evidence.None, ends.Source, default);
        return true;
    }

    private bool HoldsSequence(in QuotedPacket quoted, ProbeCookie cookie, ref ProbeTag tag, out bool isPing)
    {
        isPing = false;
        if (!quoted.HasSequence)
        {
            return false;
        }

        if (ports.IsFixed)
        {
            return ProbeCookie.TryReadTag(quoted.Sequence, cookie.SequenceWithTag(default), out tag)
                || (isPing = ProbeCookie.TryReadTag(quoted.Sequence, cookie.AcknowledgmentWithTag(default), out tag));
        }

        var ours = quoted.SourcePort.Value;
        return quoted.Sequence == cookie.Sequence(ours) || (isPing = quoted.Sequence == cookie.Acknowledgment(ours));
    }

    private static bool HoldsCookie(ReadOnlySpan<byte> payload, ProbeCookie cookie) =>
        payload.Length >= sizeof(ulong) && BitConverter.ToUInt64(payload) == cookie.Value;

    private readonly record struct Ends(InternetAddress Source, InternetAddress Destination, byte TimeToLive)
    {
        public ProbeReply Reply(ProbeKind kind, ushort port, ProbeTag tag, PortState state, ReplyReason reason, Evidence evidence) =>
            new(Source, kind, port, tag, state, reason, TimeToLive, evidence, Source, default);
    }
}
