using Portolan.Model;
using Portolan.Transport.Ip;
using Portolan.Transport.Ports;
using Portolan.Transport.Tcp.Core;
using Portolan.Transport.Tcp.Tables;

namespace Portolan.Transport.Tcp;

// SYN-RECEIVED after a passive open: a small record until the handshake is done (RFC 9293 section 3.10.7.4 for that state).
internal sealed partial class TcpLayer
{
    /// <summary>Queues by how often SYN-ACK was sent again: in each the oldest is due first.</summary>
    private const int MaxTries = 16;

    private readonly PairTable<HalfOpenConnection> _halfOpen;

    private void ArriveHalfOpen(int index, in IpArrival arrival, in IncomingSegment segment)
    {
        ref var half = ref _halfOpen[index];
        var next = half.InitialReceive + 1u;
        if (segment.IsSyn && !segment.IsAck && !segment.IsRst && segment.Sequence == half.InitialReceive)
        {
            // The peer did not see the SYN-ACK. It measures nothing any more (RFC 6298 section 3).
            half.Tries = Math.Max(half.Tries, (byte)1);
            ResendSynAck(index, arrival.Destination, segment.Segment.DestinationPort, arrival.Source, segment.Segment.SourcePort);
            return;
        }

        // RFC 7323 section 5.3, then the sequence check.
        var isOld = half.HasTimestamps && segment.HasTimestamps && !segment.IsRst
            && new SequenceNumber(segment.TimestampValue) < new SequenceNumber(half.TimestampRecent);
        if (isOld || !segment.Sequence.IsAcceptable((uint)segment.Length, next, half.Window))
        {
            Counters.Drop(isOld ? TcpDrop.Paws : TcpDrop.OutsideWindow);
            if (!segment.IsRst)
            {
                ReplyAcknowledgment(arrival, segment.Segment, ref half);
            }

            return;
        }

        if (segment.IsRst)
        {
            // RFC 9293 section 3.10.7.4: a passive open returns to LISTEN; RFC 5961 section 3.2 asks for the exact number.
            if (segment.Sequence == next)
            {
                Counters.ResetsTaken++;
                ForgetHalfOpen(index);
            }
            else
            {
                Counters.Drop(TcpDrop.InexactReset);
                ReplyAcknowledgment(arrival, segment.Segment, ref half);
            }

            return;
        }

        if (segment.IsSyn)
        {
            Counters.Drop(TcpDrop.SynInWindow);
            ReplyAcknowledgment(arrival, segment.Segment, ref half);
        }
        else if (!segment.IsAck)
        {
            Counters.Drop(TcpDrop.NoAcknowledgment);
        }
        else if (segment.Acknowledgment != half.InitialSend + 1u)
        {
            // The peer may answer a cookie that it was sent when there was no room for a record.
            if (TryTakeCookie(half.Listener, arrival, segment, index))
            {
                return;
            }

            Counters.Drop(TcpDrop.BadAcknowledgment);
            ReplyReset(arrival, segment.Segment, half.Interface);
        }
        else if (half.Listener.IsFull)
        {
            // The peer sends again, and SYN-ACK is sent again, until there is room.
            Counters.Drop(TcpDrop.AcceptQueueFull);
        }
        else
        {
            Complete(index, arrival, segment);
        }
    }

    private void Complete(int index, in IpArrival arrival, in IncomingSegment segment)
    {
        var half = _halfOpen[index];
        if (!_output.TryFindPath(arrival.Destination, arrival.Source, half.Interface, out var path))
        {
            Counters.Drop(TcpDrop.NoPath);
            return;
        }

        ForgetHalfOpen(index);
        Open(half, path, arrival, segment);
    }

    /// <summary>The handshake is done: there is a connection.</summary>
    private void Open(in HalfOpenConnection half, IpPath path, in IpArrival arrival, in IncomingSegment segment)
    {
        if (Take(half, path, arrival, segment) is not { } connection)
        {
            return;
        }

        connection.Core.Open(AgreementOf(half), segment, Now);
        if (!connection.IsForgotten)
        {
            half.Listener.Offer(connection);
        }
    }

    /// <summary>Takes a port and a place for a connection of a listener; <c>null</c> where there is none.</summary>
    private TcpConnection? Take(in HalfOpenConnection half, IpPath path, in IpArrival arrival, in IncomingSegment segment)
    {
        var (localPort, remotePort) = (segment.Segment.DestinationPort, segment.Segment.SourcePort);
        var listener = half.Listener;
        var held = listener.Holder is { } holder
            ? _ports.Accept(holder, arrival.Destination, arrival.Source, remotePort, arrival.Interface)
            : _ports.AcceptAny(
                new PortBinding(TransportProtocol.Tcp, arrival.Destination, localPort, listener.Request.Interface), arrival.Source,
                remotePort, arrival.Interface);
        if (!held.Succeeded)
        {
            Counters.FailedOpens++;
            ReplyReset(arrival, segment.Segment, half.Interface);
            return null;
        }

        var connection = NewConnection(path, arrival.Interface, localPort, remotePort, half.TimestampOffset, held.Holder);
        if (connection is null)
        {
            _ports.EndPair(held.Holder, arrival.Source, remotePort);
            Counters.Drop(TcpDrop.NoMemory);
            return null;
        }

        Counters.PassiveOpens++;
        connection.Core.SegmentSizeLimit = TcpCore.LimitOf(listener.SegmentSize);
        return connection;
    }

    private static TcpAgreement AgreementOf(in HalfOpenConnection half) => new(
        half.InitialSend,
        half.InitialReceive,
        half.PeerSegmentSize,
        half.SendShift,
        half.HasWindowScale,
        half.HasSack,
        half.HasTimestamps,
        half.TimestampRecent,
        half.HasEcn,
        half.Window,
        half.SentAt,
        half.Tries > 0);

    private void OnHalfOpenTimers()
    {
        for (var tries = 0; tries < MaxTries; tries++)
        {
            while (_halfOpen.Oldest(tries) is var index && index >= 0 && DueAt(index, tries) <= Now.Nanoseconds)
            {
                if (tries >= Math.Min(Profile.SynAckRetries, MaxTries - 1))
                {
                    Counters.FailedOpens++;
                    ForgetHalfOpen(index);
                    continue;
                }

                ref var half = ref _halfOpen[index];
                half.Tries++;
                half.SentAt = Now.Nanoseconds;
                _halfOpen.Requeue(index, tries + 1);
                var ends = _halfOpen.EndsOf(index);
                ResendSynAck(index, ends.Local, ends.LocalPort, ends.Remote, ends.RemotePort);
            }
        }
    }

    private long HalfOpenDeadline()
    {
        var deadline = TcpTimings.Never;
        for (var tries = 0; tries < MaxTries && _halfOpen.Count > 0; tries++)
        {
            var index = _halfOpen.Oldest(tries);
            deadline = index >= 0 ? Math.Min(deadline, DueAt(index, tries)) : deadline;
        }

        return deadline;
    }

    private long DueAt(int index, int tries) =>
        _halfOpen[index].SentAt + Math.Min(Environment.Timings.RtoInitial << tries, Environment.Timings.RtoMax);

    private void ResendSynAck(int index, InternetAddress local, PortNumber localPort, InternetAddress remote, PortNumber remotePort)
    {
        ref var half = ref _halfOpen[index];
        if (_output.TryBorrowPath(local, remote, half.Interface, out var path))
        {
            Counters.Retransmissions++;
            SendSynAck(ref half, path, localPort, remotePort);
        }
    }

    /// <summary>
    /// An ICMP error about a SYN-ACK. The attempt ends by it as one that this side began would (RFC 9293 section 3.9.2.2, SHLD-26; RFC 5461
    /// section 4.1); no caller is notified, as with Linux (<c>tcp_req_err</c>). What a SYN-ACK is too big for carries no connection.
    /// </summary>
    private void OnHalfOpenError(int index, IcmpProblem problem, SequenceNumber sequence)
    {
        // RFC 5927 section 4.1: the SYN is all that is in flight.
        if (sequence != _halfOpen[index].InitialSend)
        {
            Counters.Drop(TcpDrop.UnprovenIcmp);
        }
        else if (TcpCore.IsHard(problem) || (Profile.DoesIcmpAbortConnecting && TcpCore.ErrorOf(problem) != TcpError.None))
        {
            Counters.FailedOpens++;
            ForgetHalfOpen(index);
        }
    }

    private void ForgetHalfOpen(int index)
    {
        _halfOpen[index].Listener.HalfOpenCount--;
        _halfOpen.Remove(index);
    }

    private void ForgetHalfOpen(TcpListener listener)
    {
        for (var tries = 0; tries < MaxTries && listener.HalfOpenCount > 0; tries++)
        {
            for (var index = _halfOpen.Oldest(tries); index >= 0;)
            {
                var newer = _halfOpen.NewerThan(index);
                if (_halfOpen[index].Listener == listener)
                {
                    ForgetHalfOpen(index);
                }

                index = newer;
            }
        }
    }
}
