using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.FastOpen;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// Segments that no connection sends: RST of closed ports, SYN-ACK of half-open connections, ACK of those in TIME-WAIT. None allocates.
internal sealed partial class TcpLayer
{
    private static int OfferedSegmentSize(IpPath path, int limit) => Math.Clamp(
        Math.Min(path.Mtu - TcpSegment.MinHeaderLength - (path.Destination.IsIPv4 ? 20 : 40), TcpCore.LimitOf(limit)),
        TcpCore.DefaultSegmentSize / 8,
        ushort.MaxValue);

    /// <summary>
    /// The interface that an answer must leave by: the one that its listener is bound to, and for link-local addresses the one they mean
    /// something on. Else 0, for answers follow the routes as all packets do, whatever way the segment came (RFC 1122 section 3.3.4.2).
    /// </summary>
    private static int WayBack(in IpArrival arrival, int bound) =>
        bound != 0 ? bound : IsOfOneLink(arrival.Source) || IsOfOneLink(arrival.Destination) ? arrival.Interface : 0;

    private static bool IsOfOneLink(InternetAddress address) => !address.IsIPv4 && address.IsLinkLocal;

    /// <summary>RFC 9293 section 3.10.7.1: never to an RST.</summary>
    private void ReplyReset(in IpArrival arrival, TcpSegment segment, int bound = 0)
    {
        if ((segment.Flags & TcpFlags.Rst) != 0)
        {
            return;
        }

        if (!_output.TryBorrowPath(arrival.Destination, arrival.Source, WayBack(arrival, bound), out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return;
        }

        // <SEQ=SEG.ACK><CTL=RST>, or <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> when there was no ACK.
        var isAck = (segment.Flags & TcpFlags.Ack) != 0;
        var header = new TcpHeader(
            segment.DestinationPort,
            segment.SourcePort,
            isAck ? segment.Acknowledgment : 0,
            isAck ? 0 : segment.Sequence + (uint)segment.SequenceLength,
            isAck ? TcpFlags.Rst : TcpFlags.Rst | TcpFlags.Ack,
            Window: 0);
        if (TrySend(path, header, default, default))
        {
            Counters.ResetsSent++;
        }
    }

    private void SendSynAck(
        ref HalfOpenConnection half, IpPath path, PortNumber localPort, PortNumber remotePort, FastOpenCookie? given = null)
    {
        var layout = Environment.Layout;
        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        var length = layout.Write(options, new TcpSynOffer(
            OfferedSegmentSize(path, half.Listener.SegmentSize),
            half.HasWindowScale ? layout.WindowScale : -1,
            half.HasSack,
            half.HasTimestamps,
            TimestampOf(half.TimestampOffset),
            half.TimestampRecent), given);
        var header = new TcpHeader(
            localPort,
            remotePort,
            half.InitialSend.Value,
            (half.InitialReceive + 1u).Value,
            TcpFlags.Syn | TcpFlags.Ack | (half.HasEcn ? TcpFlags.Ece : 0),
            half.Window);
        TrySend(path, header, options[..length], default);
    }

    private void ReplyAcknowledgment(in IpArrival arrival, TcpSegment segment, ref HalfOpenConnection half)
    {
        var shift = half.HasWindowScale ? Environment.Layout.WindowScale : 0;
        var field = ShiftUp(half.Window, shift);

        // What was told once is not taken back by the next SYN-ACK.
        half.Window = (ushort)Math.Min(ushort.MaxValue, field << shift);
        ReplyAcknowledgment(
            arrival,
            segment,
            half.InitialSend + 1u,
            half.InitialReceive + 1u,
            field,
            half.HasTimestamps,
            half.TimestampOffset,
            half.TimestampRecent,
            half.Interface);
    }

    /// <summary>The window field for a window: never less, for the right edge does not go back.</summary>
    private static ushort ShiftUp(ushort window, int shift) => (ushort)((window + (1 << shift) - 1) >> shift);

    private void ReplyAcknowledgment(in IpArrival arrival, TcpSegment segment, in RestingConnection resting) => ReplyAcknowledgment(
        arrival,
        segment,
        resting.SendNext,
        resting.ReceiveNext,
        resting.Window,
        resting.HasTimestamps,
        TimestampOffset(arrival.Destination, arrival.Source),
        resting.TimestampRecent,
        resting.Interface);

    private void ReplyAcknowledgment(
        in IpArrival arrival,
        TcpSegment segment,
        SequenceNumber sequence,
        SequenceNumber acknowledgment,
        ushort window,
        bool hasTimestamps,
        uint timestampOffset,
        uint timestampRecent,
        int bound)
    {
        // RFC 5961 section 7: all such answers of a layer share one limit; the FIN of TIME-WAIT is answered always.
        if ((segment.Flags & TcpFlags.Fin) == 0 && !Environment.TryChallenge(Now.Nanoseconds))
        {
            return;
        }

        if (!_output.TryBorrowPath(arrival.Destination, arrival.Source, WayBack(arrival, bound), out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return;
        }

        Span<byte> options = stackalloc byte[TcpOptionsWriter.MaxLength];
        var writer = new TcpOptionsWriter(options);
        if (hasTimestamps)
        {
            writer.AddNoOperation();
            writer.AddNoOperation();
            writer.AddTimestamps(TimestampOf(timestampOffset), timestampRecent);
        }

        var header = new TcpHeader(segment.DestinationPort, segment.SourcePort, sequence.Value, acknowledgment.Value, TcpFlags.Ack, window);
        TrySend(path, header, options[..writer.Length], default);
    }

    private uint TimestampOf(uint offset) => (uint)Now.Milliseconds + offset;

    private bool TrySend(IpPath path, in TcpHeader header, ReadOnlySpan<byte> options, ReadOnlySpan<byte> payload)
    {
        var length = TcpSegment.MinHeaderLength + options.Length + payload.Length;
        var room = _output.Reserve(path, length);
        if (room.IsEmpty)
        {
            Counters.LinkBusy++;
            return false;
        }

        TcpWriter.Write(room, path.Source, path.Destination, header, options, payload, path.Checksum);
        _output.Send(new IpDeparture(IpProtocol.Tcp, length, MayFragment: length > path.Mtu - (path.Source.IsIPv4 ? 20 : 40)));
        Counters.SegmentsSent++;
        return true;
    }
}
