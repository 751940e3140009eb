using Portolan.Model;
using Portolan.Transport.Ip;

namespace Portolan.Transport.Tcp.Core;

// Ends: FIN, RST, errors and what ICMP says (RFC 9293 sections 3.6, 3.9.2.2 and 3.10.4 to 3.10.5; RFC 5461; RFC 5927).
internal sealed partial class TcpCore
{
    private bool _wantsToWrite;

    /// <summary>Whether all that will ever be read has been.</summary>
    internal bool IsAtEnd => Incoming.Readable == 0 && (_hasPeerFin || IsOver);

    /// <summary>Whether more may be written.</summary>
    internal bool CanWrite =>
        !_isFinQueued && State is TcpState.SynSent or TcpState.SynReceived or TcpState.Established or TcpState.CloseWait && !_isFinQueued;

    internal int Write(ReadOnlySpan<byte> data, Instant now) => Write(data, TcpWriteMode.None, now);

    internal int Write(ReadOnlySpan<byte> data, TcpWriteMode mode, Instant now)
    {
        if (!CanWrite)
        {
            return 0;
        }

        Enter(now);
        var taken = Outgoing.Write(data);
        _wantsToWrite = taken < data.Length;
        MarkPush(mode, isWhole: taken == data.Length);
        _expectsMore = (mode & TcpWriteMode.More) != 0;
        Leave();
        _expectsMore = false;
        return taken;
    }

    /// <summary>What was written into the room of <see cref="Outgoing"/> is to be sent.</summary>
    internal void Written(int count, Instant now)
    {
        // The room went with the connection when it ended in between.
        if (count > 0 && CanWrite)
        {
            Enter(now);
            Outgoing.Commit(count);
            MarkPush(TcpWriteMode.None, isWhole: true);
            Leave();
        }
    }

    /// <summary>What was put into <see cref="Outgoing"/> is to be sent.</summary>
    internal void Push(Instant now)
    {
        if (!IsOver)
        {
            Enter(now);
            MarkPush(TcpWriteMode.None, isWhole: true);
            Leave();
        }
    }

    /// <summary>Wants to be told once when more may be written.</summary>
    internal void WantWrite()
    {
        _wantsToWrite = true;
        KeepTime();
    }

    /// <summary>Whether its writer waits for memory: nothing is on its way whose acknowledgment would make room.</summary>
    internal bool IsStarved => _wantsToWrite && Outgoing.Length == 0 && CanWrite;

    /// <summary>There may be memory again.</summary>
    internal void OnMemory(Instant now)
    {
        if (IsStarved)
        {
            Enter(now);
            _events |= TcpEvents.Writable;
            _wantsToWrite = false;
            Leave();
        }
    }

    internal int Read(Span<byte> destination, Instant now)
    {
        var count = Incoming.Read(destination);
        AfterConsumed(count > 0, now);
        return count;
    }

    /// <summary>The reader has done with bytes, and keeps more that it wants to see the rest of.</summary>
    internal void Consume(int count, int held, Instant now)
    {
        Incoming.Consume(count);
        var isNews = count > 0 || held > Incoming.Held;
        Incoming.Held = Math.Min(held, Incoming.Readable);
        AfterConsumed(isNews, now);
    }

    internal void Discard(Instant now)
    {
        var count = Incoming.Readable;
        Incoming.Discard();
        AfterConsumed(count > 0, now);
    }

    private void AfterConsumed(bool isNews, Instant now)
    {
        if (isNews && !IsOver)
        {
            Enter(now);
            AfterReading();
            Leave();
        }
    }

    /// <summary>RFC 9293 section 3.10.4, CLOSE: nothing more is written; what was written is sent, then FIN. Reading goes on.</summary>
    internal void Shutdown(Instant now)
    {
        if (_isFinQueued || IsOver)
        {
            return;
        }

        Enter(now);
        QueueFin();
        Leave();
    }

    /// <summary>Reading and writing have ended. With data unread the peer is notified by RST that they are lost.</summary>
    internal void Close(Instant now)
    {
        if (_isReaderGone)
        {
            return;
        }

        Enter(now);
        _isReaderGone = true;
        var isUnread = Incoming.Readable > 0 || Incoming.HasEarly;
        Incoming.Clear();
        if (!IsOver)
        {
            if (isUnread && Profile.ResetsWhenUnread)
            {
                // RFC 9293 section 3.6.1, MAY-1 and SHLD-3.
                Fail(TcpError.Aborted, sendsReset: true);
            }
            else
            {
                QueueFin();
                StartFinWait2();
            }
        }

        Leave();
    }

    /// <summary>RFC 9293 section 3.10.5, ABORT.</summary>
    internal void Abort(Instant now)
    {
        if (IsOver)
        {
            Incoming.Clear();
            return;
        }

        Enter(now);

        // Nothing is to be said where no connection is known to the peer yet, nor in CLOSING and LAST-ACK, where both have closed, unless
        // data or FIN still wait, or what the peer sent was never read (RFC 2525 section 2.17).
        var isClosed = State is TcpState.Closing or TcpState.LastAck && _isFinSent && !(Incoming.Readable > 0 && Profile.ResetsWhenUnread);
        Fail(TcpError.Aborted, sendsReset: State is not TcpState.SynSent && !isClosed);
        Leave();
    }

    internal void SetKeepalive(long idle, long interval, int probes, Instant now)
    {
        Enter(now);
        Rare.Keepalive = probes > 0 ? new KeepalivePlan(idle, interval, probes) : null;
        if (State is not (TcpState.SynSent or TcpState.SynReceived))
        {
            StartKeepalive();
        }

        Leave();
    }

    /// <summary>RFC 9293 section 3.8.3, MUST-21.</summary>
    internal void SetUserTimeout(long timeout) => Rare.UserTimeout = timeout;

    /// <summary>An ICMP error about a segment of this connection (RFC 9293 section 3.9.2.2, MUST-54).</summary>
    internal void OnIcmp(in IcmpArrival report, SequenceNumber sequence, int packetLength, Instant now)
    {
        // RFC 5927 section 4.1: it must be about something that is in flight.
        if (IsOver || sequence < (IsOpenByCookie ? _initialSend : SendUnacknowledged) || sequence >= SendNext)
        {
            _environment.Counters.Drop(TcpDrop.UnprovenIcmp);
            return;
        }

        Enter(now);
        if (report.Problem == IcmpProblem.PacketTooBig)
        {
            // RFC 5927 section 7.2: the path looks whether the packet was longer than the MTU that is claimed.
            if (_path.ReduceMtu(report.Mtu, packetLength, now))
            {
                ResendSynWithLess();
            }
        }
        else if (ErrorOf(report.Problem) is var error && error != TcpError.None)
        {
            // RFC 9293 section 3.9.2.2 (MUST-56), RFC 5461 section 4: in a synchronized state nothing that ICMP says ends a connection.
            // It is kept for a caller that asks (SHLD-25; section 3.9.1.8, MUST-47).
            SoftError = error;
            if (State is TcpState.SynSent or TcpState.SynReceived && (Profile.DoesIcmpAbortConnecting || IsHard(report.Problem)))
            {
                Fail(error, sendsReset: false);
            }
        }

        Leave();
    }

    /// <summary>RFC 9293 section 3.9.2.2 (SHLD-25): unreachables, time exceeded and parameter problems are all told.</summary>
    internal static TcpError ErrorOf(IcmpProblem problem) => problem switch
    {
        IcmpProblem.NetworkUnreachable => TcpError.NetworkUnreachable,
        IcmpProblem.HostUnreachable or IcmpProblem.TimeExceeded or IcmpProblem.ReassemblyTimeExceeded => TcpError.HostUnreachable,
        IcmpProblem.ProtocolUnreachable => TcpError.ProtocolUnreachable,
        IcmpProblem.PortUnreachable => TcpError.PortUnreachable,
        IcmpProblem.Prohibited => TcpError.Prohibited,
        IcmpProblem.ParameterProblem => TcpError.ParameterProblem,
        _ => TcpError.None,
    };

    /// <summary>RFC 9293 section 3.9.2.2, SHLD-26; and what an administrator forbids does not get better by waiting.</summary>
    internal static bool IsHard(IcmpProblem problem) =>
        problem is IcmpProblem.ProtocolUnreachable or IcmpProblem.PortUnreachable or IcmpProblem.Prohibited;

    private void QueueFin()
    {
        if (_isFinQueued)
        {
            return;
        }

        _isFinQueued = true;
        switch (State)
        {
            case TcpState.SynSent:
                // RFC 9293 section 3.10.4: there is nothing to close yet.
                Fail(TcpError.Aborted, sendsReset: false);
                break;
            case TcpState.Established:
                State = TcpState.FinWait1;
                break;
            case TcpState.CloseWait:
                State = TcpState.LastAck;
                break;
        }
    }

    /// <summary>Both sides have closed, and this one last.</summary>
    private void Finish()
    {
        State = TcpState.Closed;
        End();
    }

    /// <summary>
    /// RFC 9293 section 3.6: the pair rests. What the peer must be told is in a record of the layer; this object is done.
    /// </summary>
    private void EnterTimeWait()
    {
        if (_acknowledgesNow)
        {
            SendAcknowledgment();
        }

        State = TcpState.TimeWait;
        End();
    }

    /// <summary>What must be known of it in TIME-WAIT.</summary>
    internal Tables.RestingConnection Rest() => new()
    {
        SendNext = SendNext,
        ReceiveNext = ReceiveNext,
        TimestampRecent = _timestampRecent,
        Window = (ushort)Math.Min(ushort.MaxValue, (ReceiveWindow + (1u << _receiveShift) - 1) >> _receiveShift),
        HasTimestamps = _hasTimestamps,
    };

    private void Fail(TcpError error, bool sendsReset)
    {
        if (IsOver)
        {
            return;
        }

        if (sendsReset)
        {
            // RFC 9293 section 3.10.5: <SEQ=SND.NXT><CTL=RST>; with ACK so that no middlebox takes it for a stray.
            SendReset(SendNext, ReceiveNext);
        }

        AbandonFastOpen(error);
        State = TcpState.Closed;
        Error = error;
        Incoming.Clear();
        End();
    }

    private void End()
    {
        ClearTimers();
        _sent.Clear();
        Outgoing.Clear();
        _acknowledgesNow = false;
        IsBlocked = false;
        _events = (_events & TcpEvents.Readable) | TcpEvents.Closed;
    }
}
