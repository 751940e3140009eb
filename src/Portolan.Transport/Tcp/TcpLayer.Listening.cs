using System.Diagnostics.CodeAnalysis;
using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Demultiplexing;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.FastOpen;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// Listeners: RFC 9293 section 3.10.7.2, and the decision before SYN-ACK.
internal sealed partial class TcpLayer
{
    /// <summary>
    /// Begins to listen. Connections of the port are found before it, and it before wider listeners, so it disturbs none (RFC 9293 section
    /// 3.9.1.1, MUST-41, MUST-42).
    /// </summary>
    /// <param name="request">To what.</param>
    /// <param name="listener">Who takes the connections.</param>
    /// <param name="result">When it fails: the rule, and who is in the way.</param>
    public bool TryListen(in TcpListenRequest request, [NotNullWhen(true)] out TcpListener? listener, out BindResult result)
    {
        listener = null;
        result = default;
        PortHolder? holder = null;
        if (!request.IsEveryPort)
        {
            var binding = new PortBinding(
                TransportProtocol.Tcp,
                request.Address,
                request.Port,
                request.Interface,
                IsV6Only: request.Address.IsUnspecified && !request.Address.IsIPv4 && !request.IsDualStack,
                request.ReuseAddress,
                request.ReusePort,
                request.Owner);
            result = _ports.Bind(binding);
            if (!result.Succeeded)
            {
                return false;
            }

            holder = result.Holder;
            result = _ports.Listen(holder);
            if (!result.Succeeded)
            {
                _ports.Release(holder);
                return false;
            }
        }

        var scope = new ListenerScope(request.Address, holder?.Binding.Port ?? PortNumber.Zero, request.Interface, request.IsDualStack);
        if (!_flows.Listeners.TryGet(scope, out var group))
        {
            group = new ListenerGroup(_groupHash);
            _flows.Listeners.TryAdd(scope, group);
        }
        else if (request.IsEveryPort && !request.ReusePort)
        {
            result = new BindResult(null, BindRule.NotShared, group.First.Holder);
            return false;
        }

        listener = new TcpListener(this, request, scope, holder);
        group.Add(listener);
        return true;
    }

    internal void Remove(TcpListener listener)
    {
        if (_flows.Listeners.TryGet(listener.Scope, out var group))
        {
            group.Remove(listener);
            if (group.Count == 0)
            {
                _flows.Listeners.TryRemove(listener.Scope, out _);
            }
        }

        if (listener.Holder is not null)
        {
            _ports.Release(listener.Holder);
        }

        ForgetHalfOpen(listener);
    }

    // RFC 9293 section 3.10.7.2: LISTEN STATE.
    private IpAnswer ArriveAtListener(TcpListener listener, in IpArrival arrival, in IncomingSegment segment)
    {
        // First, check for an RST; second, for an ACK; third, for a SYN.
        if (segment.IsRst)
        {
            Counters.Drop(TcpDrop.UselessToListener);
            return IpAnswer.None;
        }

        if (segment.IsAck)
        {
            if (TryTakeCookie(listener, arrival, segment))
            {
                return IpAnswer.None;
            }

            Counters.Drop(TcpDrop.UselessToListener);
            ReplyReset(arrival, segment.Segment, listener.Request.Interface);
            return IpAnswer.None;
        }

        var isUseless = !segment.IsSyn || (segment.IsFin && !Profile.TakesSynWithFin);
        if (listener.Admission is { } admission && (!isUseless || listener.Request.IsEveryPort))
        {
            // A port that a listener to every port refuses is closed: whatever comes to it is answered with RST (section 3.10.7.1).
            var request = new TcpRequest(arrival.Destination, arrival.Source, arrival.Interface, arrival.HopLimit, segment.Segment);
            var decision = admission(request);
            if (decision != TcpDecision.Accept)
            {
                return Refuse(decision, arrival, segment, listener.Request.Interface);
            }
        }

        if (isUseless)
        {
            Counters.Drop(TcpDrop.UselessToListener);
            if (Profile.ResetsUselessSegments)
            {
                ReplyReset(arrival, segment.Segment, listener.Request.Interface);
            }

            return IpAnswer.None;
        }

        if (listener.IsFull)
        {
            Counters.Drop(TcpDrop.AcceptQueueFull);
            return IpAnswer.None;
        }

        var isQueueFull = listener.HalfOpenCount >= Math.Max(1, listener.Request.Backlog) || _halfOpen.Count >= _options.MaxHalfOpen;
        if (isQueueFull && !Profile.UsesSynCookies)
        {
            Counters.Drop(TcpDrop.SynQueueFull);
            return IpAnswer.None;
        }

        AnswerSyn(listener, arrival, segment, isQueueFull);
        return IpAnswer.None;
    }

    private IpAnswer Refuse(TcpDecision decision, in IpArrival arrival, in IncomingSegment segment, int bound)
    {
        Counters.Drop(decision == TcpDecision.Reset ? TcpDrop.ClosedPort : TcpDrop.Silenced);
        switch (decision)
        {
            case TcpDecision.Reset:
                ReplyReset(arrival, segment.Segment, bound);
                return IpAnswer.None;
            case TcpDecision.PortUnreachable:
                return IpAnswer.PortUnreachable;
            case TcpDecision.HostUnreachable:
                return IpAnswer.HostUnreachable;
            case TcpDecision.NetworkUnreachable:
                return IpAnswer.NetworkUnreachable;
            case TcpDecision.ProtocolUnreachable:
                return IpAnswer.ProtocolUnreachable;
            case TcpDecision.Prohibited:
                return IpAnswer.Prohibited;
            default:
                return IpAnswer.None;
        }
    }

    /// <summary>The window of a SYN-ACK. Whole segments are those that will come: with timestamps.</summary>
    private ushort SynAckWindow(int offered, bool hasTimestamps) =>
        (ushort)TcpCore.SynWindow(Profile, offered - (hasTimestamps ? TcpCore.TimestampLength : 0));

    private void AnswerSyn(TcpListener listener, in IpArrival arrival, in IncomingSegment segment, bool isQueueFull)
    {
        var way = WayBack(arrival, listener.Request.Interface);
        if (!_output.TryBorrowPath(arrival.Destination, arrival.Source, way, out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return;
        }

        // A pair that rested has an initial sequence number to keep to (RFC 6191), which a cookie is not; as many of them wait as proven
        // peers may.
        if (isQueueFull && _hasReusedSequence && !MayWaitLonger(listener))
        {
            Counters.Drop(TcpDrop.SynQueueFull);
            return;
        }

        var isCookie = isQueueFull && !_hasReusedSequence;
        var layout = Environment.Layout;
        var offered = OfferedSegmentSize(path, listener.SegmentSize);
        var hasTimestamps = layout.HasTimestamps && segment.HasTimestamps;
        var half = new HalfOpenConnection
        {
            Listener = listener,
            SentAt = Now.Nanoseconds,
            InitialSend = isCookie
                ? default
                : InitialSequence(arrival.Destination, segment.Segment.DestinationPort, arrival.Source, segment.Segment.SourcePort),
            InitialReceive = segment.Sequence,
            TimestampRecent = segment.TimestampValue,
            TimestampOffset = TimestampOffset(arrival.Destination, arrival.Source),
            Interface = way,
            PeerSegmentSize = (ushort)Math.Min(
                TcpCore.LimitOf(listener.SegmentSize), TcpCore.SegmentSizeOf(segment.MaximumSegmentSize, arrival.Source.IsIPv4, Profile)),
            Window = SynAckWindow(offered, hasTimestamps),
            SendShift = Math.Min(segment.WindowScale ?? 0, (byte)14),
            HasWindowScale = layout.HasWindowScale && segment.WindowScale is not null,
            HasSack = layout.HasSack && segment.SackPermitted,
            HasTimestamps = hasTimestamps,

            // RFC 3168 section 6.1.1; a SYN of AccECN has these two bits and AE (RFC 9768 section 3.1.2), and takes the answer as plain
            // ECN.
            HasEcn = !isCookie && Profile.Ecn != TcpEcnPolicy.Off
                && (segment.Flags & (TcpFlags.Ece | TcpFlags.Cwr)) == (TcpFlags.Ece | TcpFlags.Cwr),
        };
        if (isCookie)
        {
            SendCookie(ref half, path, arrival, segment);
            return;
        }

        FastOpenCookie? given = null;
        if (listener.FastOpen is { } queue && TryOpenByCookie(queue, half, arrival, segment, out given))
        {
            return;
        }

        var ends = new FlowEnds(
            arrival.Destination, segment.Segment.DestinationPort, arrival.Source, segment.Segment.SourcePort, arrival.Interface);
        var index = _halfOpen.Add(ends, half, queue: 0);
        if (index < 0)
        {
            Counters.Drop(TcpDrop.SynQueueFull);
            return;
        }

        listener.HalfOpenCount++;
        SendSynAck(ref _halfOpen[index], path, segment.Segment.DestinationPort, segment.Segment.SourcePort, given);
    }
}
