using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Tcp.Core;

// Arrival of segments in the order of RFC 9293 section 3.10.7.4, with the checks of RFC 7323 section 5 and RFC 5961 sections 3 to 5.
internal sealed partial class TcpCore
{
    /// <summary>RFC 7323 section 5.5: after 24 days without news a timestamp says nothing.</summary>
    private const long TimestampLifetime = 24L * 24 * 3600 * TcpTimings.Second;

    private long _segmentsReceived;
    private bool _isArriving;
    private long _lastReceivedAt;
    private long _challengedAt = long.MinValue / 2;

    /// <summary>Takes a segment of this connection.</summary>
    internal void OnSegment(in IncomingSegment segment, Instant now)
    {
        if (IsOver)
        {
            return;
        }

        Enter(now);
        _isArriving = true;
        _segmentsReceived++;
        if (State == TcpState.SynSent)
        {
            ArriveInSynSent(segment);
        }
        else
        {
            Arrive(segment);
        }

        Leave();
        _isArriving = false;
    }

    private void Arrive(in IncomingSegment segment)
    {
        var sequence = segment.Sequence;
        var length = segment.Length;
        if (IsSynAgain(segment))
        {
            AnswerSynAgain();
            return;
        }

        if (State == TcpState.SynReceived && segment.IsSyn && segment.IsAck && sequence == _initialReceive)
        {
            // RFC 9293 section 3.5, figure 8: the SYN-ACK of a simultaneous open acknowledges as an ACK does.
            sequence += 1u;
            length--;
        }
        else if (segment.IsSyn && State != TcpState.SynReceived && !segment.IsRst)
        {
            // RFC 5961 section 4.2: any SYN in a synchronized state is answered with a challenge ACK and dropped.
            _environment.Counters.Drop(TcpDrop.SynInWindow);
            Challenge();
            return;
        }

        // RFC 7323 section 5.3, R1: PAWS comes before the sequence check; an RST is exempt.
        if (_hasTimestamps && !segment.IsRst && !PassesTimestamps(segment))
        {
            return;
        }

        // First, check sequence number. What the peer has had no acknowledgment of may come again: as with Linux (tcp_sequence) what it
        // tells still counts.
        var isAcceptable = sequence.IsAcceptable((uint)length, ReceiveNext, ReceiveWindow)
            || (sequence >= _lastAcknowledged && sequence < ReceiveNext);
        if (!isAcceptable && !IsUsefulAtZeroWindow(segment, sequence))
        {
            RefuseOutsideWindow(segment, sequence, length);
            return;
        }

        // Second, check the RST bit.
        if (segment.IsRst)
        {
            TakeReset(sequence);
            return;
        }

        // Fourth, check the SYN bit: here only a SYN in SYN-RECEIVED that is not the known one. RFC 5961 section 4.2.
        if (segment.IsSyn && sequence == segment.Sequence)
        {
            _environment.Counters.Drop(TcpDrop.SynInWindow);
            Challenge();
            return;
        }

        // Fifth, check the ACK field.
        if (!segment.IsAck)
        {
            _environment.Counters.Drop(TcpDrop.NoAcknowledgment);
            return;
        }

        var isLastAcknowledged = isAcceptable && sequence <= _lastAcknowledged;
        if (!TryTakeAcknowledgment(segment, sequence, length))
        {
            return;
        }

        // RFC 7323 section 4.3: TS.Recent follows segments that begin at or before what was acknowledged last; only those that are believed
        // at all, or a forged one would make PAWS drop all that follow.
        if (isLastAcknowledged && _hasTimestamps && segment.HasTimestamps
            && new SequenceNumber(segment.TimestampValue) >= new SequenceNumber(_timestampRecent))
        {
            _timestampRecent = segment.TimestampValue;
            _timestampRecentAt = _now;
        }

        // Sixth, check the URG bit.
        if (!IsOver && (segment.Flags & TcpFlags.Urg) != 0)
        {
            TakeUrgent(segment, sequence);
        }

        // Seventh and eighth, the text and the FIN bit.
        if (!IsOver && (!segment.Payload.IsEmpty || segment.IsFin))
        {
            TakeText(segment, sequence);
        }
        else if (State == TcpState.CloseWait && Incoming.Next == 0 && _delayedAckAt != TcpTimings.Never)
        {
            // The acknowledgment of the FIN is about to leave; Linux does not wait for the tick then.
            _acknowledgesNow = true;
        }
    }

    private bool PassesTimestamps(in IncomingSegment segment)
    {
        if (!segment.HasTimestamps)
        {
            // RFC 7323 section 3.2: SHOULD be dropped without an answer.
            if (Profile.ToleratesMissingTimestamps)
            {
                return true;
            }

            _environment.Counters.Drop(TcpDrop.Paws);
            return false;
        }

        if (new SequenceNumber(segment.TimestampValue) >= new SequenceNumber(_timestampRecent)
            || _now - _timestampRecentAt > TimestampLifetime)
        {
            return true;
        }

        _environment.Counters.Drop(TcpDrop.Paws);
        NoteDuplicateText(segment, segment.Sequence);
        AcknowledgeOutside(segment);
        return false;
    }

    /// <summary>RFC 9293 section 3.10.7.4, MUST-66: at a zero window acknowledgments and resets still count, their text does not.</summary>
    private bool IsUsefulAtZeroWindow(in IncomingSegment segment, SequenceNumber sequence) =>
        ReceiveWindow == 0 && sequence == ReceiveNext && segment.IsAck && !segment.IsSyn;

    private void RefuseOutsideWindow(in IncomingSegment segment, SequenceNumber sequence, int length)
    {
        if (segment.IsRst && IsResetOfFin(sequence))
        {
            EndByReset();
            return;
        }

        _environment.Counters.Drop(TcpDrop.OutsideWindow);
        if (segment.IsRst)
        {
            return;
        }

        NoteDuplicateText(segment, sequence);
        AcknowledgeOutside(segment);
    }

    /// <summary>RFC 2883 section 4: data that came twice. Before the handshake is done only the SYN has any.</summary>
    private void NoteDuplicateText(in IncomingSegment segment, SequenceNumber sequence)
    {
        if (!segment.Payload.IsEmpty && !segment.IsSyn && sequence < ReceiveNext && !IsOpenByCookie)
        {
            NoteDuplicate(sequence, SequenceNumber.Earlier(sequence + (uint)segment.Payload.Length, ReceiveNext));
        }
    }

    /// <summary>
    /// RFC 9293 section 3.10.7.4: an unacceptable segment is answered with an ACK; one without text not too often (RFC 5961 section 7), so
    /// that two ends cannot go on for ever.
    /// </summary>
    private void AcknowledgeOutside(in IncomingSegment segment)
    {
        if (segment.Length > 0 || MayAnswer())
        {
            _acknowledgesNow = true;
        }
    }

    private bool MayAnswer()
    {
        if (_now - _challengedAt < Timings.ChallengeInterval)
        {
            return false;
        }

        _challengedAt = _now;
        return true;
    }

    private void Challenge()
    {
        if (MayAnswer() && _environment.TryChallenge(_now))
        {
            _environment.Counters.Challenges++;
            _acknowledgesNow = true;
        }
    }

    // RFC 5961 section 3.2. Data in an RST change nothing (RFC 9293 section 3.5.3, SHLD-2).
    private void TakeReset(SequenceNumber sequence)
    {
        // A peer whose earlier segments were lost sends the number behind all it has sent; selective acknowledgments have shown which that
        // is, so Linux takes it.
        var isBehindGap = _hasSack && Incoming.HasEarly && sequence - ReceiveNext == Incoming.HighestEnd - Incoming.Next;
        if (sequence != ReceiveNext && !isBehindGap && !IsResetOfFin(sequence))
        {
            _environment.Counters.Drop(TcpDrop.InexactReset);
            Challenge();
            return;
        }

        EndByReset();
    }

    /// <summary>
    /// Systems that end a connection whose FIN is out send RST with the number of that FIN. Linux takes it (tcp_reset_check).
    /// </summary>
    private bool IsResetOfFin(SequenceNumber sequence) =>
        sequence + 1u == ReceiveNext && State is (TcpState.CloseWait or TcpState.Closing or TcpState.LastAck);

    private void EndByReset()
    {
        _environment.Counters.ResetsTaken++;
        switch (State)
        {
            case TcpState.SynReceived when !IsOpenByCookie:
                // RFC 9293 section 3.10.7.4 and section 3.5, MUST-11: from an active OPEN, refused; a passive one is a record of its
                // listener until it is open.
                Fail(TcpError.Refused, sendsReset: false);
                break;
            case TcpState.Closing or TcpState.LastAck:
                // RFC 9293 section 3.10.7.4: nothing was lost.
                Finish();
                break;
            default:
                Fail(TcpError.Reset, sendsReset: false);
                break;
        }
    }

    private bool TryTakeAcknowledgment(in IncomingSegment segment, SequenceNumber sequence, int length)
    {
        var acknowledgment = segment.Acknowledgment;
        if (State == TcpState.SynReceived)
        {
            if (acknowledgment <= _initialSend || acknowledgment > SynEnd)
            {
                _environment.Counters.Drop(TcpDrop.BadAcknowledgment);
                SendReset(acknowledgment, acknowledges: null);
                return false;
            }

            CompleteHandshake(segment, sequence);
        }

        // RFC 5961 section 5.2 (RFC 9293 section 3.10.7.4, MAY-12): SND.UNA - MAX.SND.WND =< SEG.ACK =< SND.NXT; RFC 9293 section 3.10.7.4
        // acknowledges what acknowledges the unsent. At the start of a connection MAX.SND.WND reaches behind the first byte; nobody can
        // have acknowledged what never was, as Linux says too.
        var acknowledged = Outgoing.Start + (_isFinSent && SendUnacknowledged == SendNext ? 1 : 0);
        if (acknowledgment > SendNext || acknowledgment < SendUnacknowledged - (uint)Math.Min(_maxSendWindow, acknowledged))
        {
            _environment.Counters.Drop(TcpDrop.BadAcknowledgment);
            if (acknowledgment <= SendNext || Profile.AnswersUnsentAcknowledgment)
            {
                Challenge();
            }

            return false;
        }

        // RFC 9293 section 3.8.4: what was received for the connection puts keepalive off; what failed a check above is not that, as with
        // Linux.
        _lastReceivedAt = _now;
        _keepaliveProbes = 0;
        Acknowledge(segment, sequence, length);
        AfterAcknowledgment();
        return true;
    }

    /// <summary>What an acknowledgment of the FIN does.</summary>
    private void AfterAcknowledgment()
    {
        if (!_isFinSent || SendUnacknowledged != SendNext)
        {
            return;
        }

        switch (State)
        {
            case TcpState.FinWait1:
                State = TcpState.FinWait2;
                StartFinWait2();
                break;
            case TcpState.Closing:
                EnterTimeWait();
                break;
            case TcpState.LastAck:
                Finish();
                break;
        }
    }
}
