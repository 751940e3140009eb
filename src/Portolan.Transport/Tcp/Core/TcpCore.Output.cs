using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// What is sent when: lost segments first, then new data as windows, Nagle and silly-window avoidance allow (RFC 9293 sections 3.7.4 and
// 3.8.6.2.1).
internal sealed partial class TcpCore
{
    /// <summary>
    /// The most segments below <see cref="Crumb"/> on their way: a peer that asks for such must not make each of its acknowledgments a walk
    /// along a hundred thousand (CVE-2019-11479).
    /// </summary>
    private const int MaxCrumbsInFlight = 2048;
    private const int Crumb = 500;

    private SequenceNumber _smallEnd;
    private long _sentAt;
    private bool _wasResent;
    private int _flightMost;
    private SequenceNumber _flightEnd;
    private bool _isFinQueued;
    private bool _isFinSent;

    /// <summary>Whether Nagle's algorithm is off.</summary>
    internal bool IsNoDelay { get; set; }

    /// <summary>Bytes written and not sent.</summary>
    private int Unsent => Math.Max(0, DataEnd - SendNext);

    private bool CanSendData =>
        State is TcpState.Established or TcpState.CloseWait or TcpState.FinWait1 or TcpState.Closing or TcpState.LastAck
        || (State == TcpState.SynReceived && IsOpenByCookie);

    private void Output()
    {
        if (!CanSendData || IsBlocked)
        {
            return;
        }

        if (_path.MtuGeneration != _mtuGeneration)
        {
            OnMtuChanged();
        }

        var didSend = false;
        while (!IsTooEarly())
        {
            var lost = _forwardStep == 2 && Unsent > 0 && UsableWindow > 0 && !_forcesRetransmission ? -1 : _sent.NextLost();
            if (lost >= 0)
            {
                if (!TrySendLost(lost))
                {
                    break;
                }
            }
            else if (NextProbe() is var probe && probe != 0)
            {
                if (probe < 0 || !TrySendProbe(probe))
                {
                    break;
                }
            }
            else if (!TrySendNew(SendReason.Usual))
            {
                break;
            }

            didSend = true;
        }

        NoteFlight();
        if (didSend || _retransmitAt == TcpTimings.Never)
        {
            AfterSending(didSend);
        }
    }

    private void AfterSending(bool didSend)
    {
        if (State == TcpState.SynReceived)
        {
            // The timer of SYN-ACK comes first: without it nothing is acknowledged.
            return;
        }

        if (_sent.Count == 0)
        {
            ArmPersist();
            return;
        }

        if (_timerKind is not (RetransmitTimer.Retransmission or RetransmitTimer.TailProbe) || _retransmitAt == TcpTimings.Never)
        {
            // RFC 6298 section 5.1.
            ArmRetransmission();
        }

        if (didSend)
        {
            if (_timerKind == RetransmitTimer.TailProbe)
            {
                ArmRetransmission();
            }

            ScheduleTailProbe();
        }
    }

    /// <summary>
    /// What is lost is sent again also beyond a window that has shrunk since (RFC 9293 section 3.8.6, SHLD-16, MAY-7): the peer once said
    /// that there was room.
    /// </summary>
    private bool TrySendLost(int index)
    {
        ref var sent = ref _sent[index];
        if (!_forcesRetransmission && Pipe + Math.Min(sent.Length, _segmentSize) > _congestion.Window)
        {
            return false;
        }

        if (sent.Length > _segmentSize && sent.Length - (IsFinIn(sent) ? 1 : 0) > _segmentSize)
        {
            _sent.Split(index, _segmentSize);
        }

        if (!Retransmit(index, SegmentsToRepeat(index)))
        {
            return false;
        }

        _forcesRetransmission = false;
        return true;
    }

    private bool IsFinIn(in SentSegment sent) => _isFinSent && sent.End == DataEnd + 1u;

    private bool Retransmit(int index, int count)
    {
        var first = _sent[index].Sequence;
        var last = _sent[index + count - 1];
        var isFin = IsFinIn(last);
        var length = last.End - first - (isFin ? 1 : 0);
        var position = Outgoing.Start + (first - SendUnacknowledged);
        var flags = TcpFlags.Ack | (isFin ? TcpFlags.Fin : 0)
            | (length > 0 && (count > 1 || IsPushed(position + length)) ? TcpFlags.Psh : 0);
        if (!Emit(flags, first, position, length, isNew: false))
        {
            return false;
        }

        var repair = Repair;
        if (!repair.HasFirstResent)
        {
            (repair.FirstResentTimestamp, repair.HasFirstResent) = (TimestampNow, true);
        }

        for (var i = index; i < index + count; i++)
        {
            repair.Out += _sent[i].Length;
            repair.UndoResent++;
            repair.Retransmissions++;
            _environment.Counters.Retransmissions++;
            _sent.MarkResent(i, NextStamp(isResent: true));
        }

        ForgetProbe(first, last.End);

        return true;
    }

    private bool TrySendNew(SendReason reason)
    {
        var unsent = Unsent;
        var wantsFin = _isFinQueued && !_isFinSent;
        if (unsent == 0 && !wantsFin)
        {
            return false;
        }

        var position = Outgoing.End - unsent;
        // RFC 9293 section 3.9.1.2, SHLD-28: as large as it may be.
        var usable = UsableWindow;
        var inRecord = (int)Math.Min(unsent, NextRecordEnd(position) - position);
        var length = Math.Min(inRecord, Math.Min(_segmentSize, usable));
        var isFin = wantsFin && length == unsent && length < usable;
        if (length == 0 && !isFin)
        {
            return false;
        }

        if (reason == SendReason.Usual)
        {
            if (!IsWorthSending(length, inRecord, inRecord < unsent, isFin))
            {
                return false;
            }

            // Before the window is looked at: after a pause it may be another.
            RestartAfterIdle();
            if (!FitsCongestionWindow(length))
            {
                return false;
            }

            if (length == _segmentSize)
            {
                length = Math.Max(length, SuperSegmentLength(inRecord, usable));
                isFin = wantsFin && length == unsent && length < usable;
            }
        }

        // RFC 9293 section 3.9.1.2, MUST-60, MUST-61, SHLD-27: the last segment of what was written has PSH; so has a super-segment, so
        // that a receiver that joins segments hands them on.
        var isPushed = length > _segmentSize || (length > 0 && (reason == SendReason.Override || IsPushed(position + length)));
        if (!Emit(TcpFlags.Ack | (isFin ? TcpFlags.Fin : 0) | (isPushed ? TcpFlags.Psh : 0), SendNext, position, length, isNew: true))
        {
            return false;
        }

        if (_sent.Count == 0)
        {
            _acknowledgedAt = _now;
        }

        NoteSent(length, isFin);
        return true;
    }

    private void NoteSent(int length, bool isFin)
    {
        var (isJoined, stamp) = (false, NextStamp(isResent: false));
        do
        {
            var part = Math.Min(length, _segmentSize);
            length -= part;
            var taken = part + (isFin && length == 0 ? 1 : 0);
            _sent.Push(SendNext, taken, stamp, isJoined);
            SendNext += (uint)taken;
            _repair?.Out += taken;
            isJoined = true;
            if (part < _segmentSize)
            {
                _smallEnd = SendNext;
            }
        }
        while (length > 0);
        _isFinSent |= isFin;
    }

    /// <summary>
    /// When a segment is sent. What is sent again and what is new are a nanosecond apart when they leave in one moment: so RACK knows which
    /// of them was first, which sequence numbers, its tie-break (RFC 8985 section 6.2), do not tell.
    /// </summary>
    private long NextStamp(bool isResent)
    {
        var isTurn = isResent != _wasResent;
        _wasResent = isResent;
        return _sentAt = Math.Max(_now, isTurn ? _sentAt + 1 : _sentAt);
    }

    /// <summary>
    /// RFC 9293 section 3.8.6.2.1, MUST-38: a full segment, or all there is and nothing small under way, or half of the largest window.
    /// </summary>
    private bool IsWorthSending(int length, int inRecord, bool isRecordEnd, bool isFin)
    {
        if (length == _segmentSize || isFin || _isPushing)
        {
            return true;
        }

        if (length == inRecord)
        {
            // RFC 9293 section 3.7.4, Nagle (SHLD-7), which can be turned off (MUST-17); Minshall's form waits for small segments only.
            var waits = Profile.NagleWaitsForSmallOnly ? _smallEnd > SendUnacknowledged && _sent.Count > 0 : _sent.Count > 0;
            return isRecordEnd || _isFinQueued || (!IsCorked && !_expectsMore && (IsNoDelay || !waits));
        }

        return length >= _maxSendWindow / 2;
    }

    /// <summary>A FIN without data is no load: it leaves at once, so that the peer learns of the end.</summary>
    private bool FitsCongestionWindow(int length)
    {
        if (length == 0)
        {
            return true;
        }

        var fits = Pipe + length <= _congestion.Window && (_sent.Count < MaxCrumbsInFlight || _segmentSize >= Crumb);
        _isWindowLimited |= !fits;
        return fits;
    }

    /// <summary>RFC 5681 section 4.1: after an idle RTO the window is at most the initial one.</summary>
    private void RestartAfterIdle()
    {
        var idle = _now - _sentAt;
        if (_sent.Count > 0 || _sentAt == 0 || idle <= 0)
        {
            return;
        }

        if (IsRestDue)
        {
            _congestion.Window = Math.Min(_congestion.Window, Math.Max(_segmentSize, (long)Profile.InitialWindowSegments * _segmentSize));
        }

        _environment.Congestion.OnIdle(ref _congestion, idle);
    }

    /// <summary>Whether the next segment begins a smaller window.</summary>
    private bool IsRestDue => _sent.Count == 0 && _sentAt != 0 && _now - _sentAt > _roundTrip.Timeout && Profile.RestartsAfterIdle;

    /// <summary>RFC 7661, RFC 5681 section 3.1: the window grows only while it is in use; in slow start when half of it is.</summary>
    private void NoteFlight()
    {
        var flight = Pipe;
        if (SendUnacknowledged >= _flightEnd || flight > _flightMost)
        {
            _flightMost = (int)flight;
            _flightEnd = SendNext;
            _isWindowLimited = flight + _segmentSize > _congestion.Window;
        }
    }
}
