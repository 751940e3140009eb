using Portolan.Lab.Topology;
using Portolan.Packets;
using Portolan.Packets.Links;
using Portolan.Transport.Ip;

namespace Portolan.Lab.Running.Wire;

/// <summary>
/// Answers packets that a host or a router refuses: an ICMP error of its own, or a RST in the name of the host that was asked.
/// </summary>
/// <param name="ip">Who refuses.</param>
/// <param name="at">Where the packet came in.</param>
/// <param name="sender">What leaves there.</param>
/// <param name="isRouter">Whether it refuses what it was to pass on, which may have come to an address of its own.</param>
internal sealed class Refusals(IpHost ip, IpInterface at, IFrameSender sender, bool isRouter)
{
    /// <summary>What a RST starts with. One that a router passes on has less.</summary>
    internal const byte HopLimit = 64;

    /// <summary>Does what a frame's treatment says.</summary>
    internal void Answer(LabFrame frame)
    {
        if (frame.ReceiveAction.Kind == TreatmentKind.NobodyThere)
        {
            ip.IcmpErrors.OnNextHopSilent(at, frame.Bytes);
        }
        else if (frame.ReceiveAction.Kind == TreatmentKind.NeverWhole)
        {
            ip.IcmpErrors.Send(frame.Bytes, IcmpError.ReassemblyTimeExceeded, at);
        }
        else if (frame.ReceiveAction.Error == RefusalKind.TcpReset && PacketHeads.TryRead(frame.Bytes, out var heads)
            && heads.Protocol == IpProtocol.Tcp)
        {
            Reset(heads);
        }
        else
        {
            ip.IcmpErrors.Send(frame.Bytes, ErrorOf(frame.ReceiveAction.Error), at, isRouter);
        }
    }

    /// <summary>For people: why a packet that is refused so gets no answer, as what follows a clause; empty when it gets one.</summary>
    internal static string WhyUnanswered(in PacketHeads heads, RefusalKind kind) => heads.Protocol switch
    {
        IpProtocol.Tcp when kind == RefusalKind.TcpReset && (heads.Flags & TcpFlags.Rst) != 0 => ": silent, for it is a RST",
        IpProtocol.Icmp when IcmpMessage.TryRead(heads.Payload, out var message) && message.IsError => ": silent, for it is an error",
        IpProtocol.Icmpv6 when Icmpv6Message.TryRead(heads.Payload, out var message) && message.IsError => ": silent, for it is an error",
        _ when !Router.IsUnicast(heads.Source) => ": silent, because its source is not a host address",
        _ => "",
    };

    private static IcmpError ErrorOf(RefusalKind kind)
    {
        var (code4, code6) = kind.Codes();
        return IcmpError.PortUnreachable with { Code4 = (byte)code4, Code6 = (byte)code6 };
    }

    /// <summary>RFC 9293 section 3.10.7.1: the answer of a port where nothing listens.</summary>
    private void Reset(in PacketHeads heads)
    {
        if (!TcpSegment.TryRead(heads.Payload, out var segment) || (segment.Flags & TcpFlags.Rst) != 0 || !IsOfOne(heads.Source)
            || !IsOfOne(heads.Destination))
        {
            return;
        }

        var room = sender.Reserve();
        if (room.IsEmpty)
        {
            return;
        }

        var header = (segment.Flags & TcpFlags.Ack) != 0
            ? new TcpHeader(segment.DestinationPort, segment.SourcePort, segment.Acknowledgment, 0, TcpFlags.Rst, 0)
            : new TcpHeader(
                segment.DestinationPort, segment.SourcePort, 0, segment.Sequence + (uint)segment.SequenceLength,
                TcpFlags.Rst | TcpFlags.Ack, 0);
        var start = heads.Source.IsIPv4
            ? Ipv4Writer.Write(
                room, heads.Destination, heads.Source, IpProtocol.Tcp, TcpSegment.MinHeaderLength, HopLimit, dontFragment: true)
            : Ipv6Writer.Write(room, heads.Destination, heads.Source, IpProtocol.Tcp, TcpSegment.MinHeaderLength, HopLimit);
        sender.Commit(start + TcpWriter.Write(room[start..], heads.Destination, heads.Source, header));
        sender.Flush();
    }

    /// <summary>
    /// RFC 1122 section 4.2.3.10 and RFC 9293 section 3.9.2.3: nothing is answered that has the address of many, or of no host, for its
    /// source, or is multicast or broadcast.
    /// </summary>
    private bool IsOfOne(InternetAddress source) =>
        Router.IsUnicast(source) && !source.IsLoopback && !ip.Router.Addresses.IsBroadcast(source, out _);
}
