using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// The retransmission timeout (RFC 6298 section 5, RFC 5681 section 3.1, RFC 8985 section 6.3), F-RTO (RFC 5682), tail loss probes (RFC 8985
// section 7).
internal sealed partial class TcpCore
{
    /// <summary>RFC 8985 section 7.2: the longest that a peer delays the acknowledgment of a single segment.</summary>
    private const long MaxPeerDelay = 200 * TcpTimings.Millisecond;

    /// <summary>How often the timeout is doubled: until something was measured.</summary>
    private int _backoff;

    /// <summary>Timeouts since SND.UNA moved on last.</summary>
    private int _retries;
    private byte _forwardStep;
    private SequenceNumber? _tailProbeEnd;
    private bool _isTailProbeCopy;

    private void OnRetransmissionTimeout()
    {
        if (_sent.Count == 0)
        {
            _retransmitAt = TcpTimings.Never;
            return;
        }

        if (IsGivenUp())
        {
            Fail(SoftError == TcpError.None ? TcpError.TimedOut : SoftError, sendsReset: IsBurden);
            return;
        }

        Repair.Timeouts++;
        _backoff++;
        _retries++;
        SuspectFastOpen();
        var isNew = _phase != TcpRecoveryPhase.Loss || IsResizing || SendUnacknowledged >= _recoveryPoint;
        if (_sent[0].Has(SentFlags.Sacked))
        {
            // RFC 2018 section 8: the first segment was acknowledged selectively and still is not in order: the peer has dropped it.
            _sent.ClearSacked();
        }

        if (isNew)
        {
            // RFC 5681 section 3.1, equation 4: once for each window, not for each timeout of the same segment.
            if (_phase is not (TcpRecoveryPhase.Recovery or TcpRecoveryPhase.Reduced))
            {
                _congestion.CopyTo(ref Repair.Prior);
                _environment.Congestion.OnCongestion(ref _congestion, _sent.Bytes);
            }

            MarkForUndo();
        }

        _environment.Congestion.OnTimeout(ref _congestion);

        // RFC 3168 section 6.1.2: CWR whenever the window was reduced, for a timeout too.
        _announcesReduction |= _hasEcn;

        // RFC 5682 section 2.1, step 1: not while an earlier loss is being repaired.
        _forwardStep = Profile.UsesForwardRto && isNew && _phase < TcpRecoveryPhase.Recovery ? (byte)1 : (byte)0;
        _phase = TcpRecoveryPhase.Loss;
        _recoveryPoint = SendNext;
        _duplicates = 0;
        _tailProbeEnd = null;
        _reorderAt = TcpTimings.Never;
        LookForBlackHole();
        _congestion.Window = _segmentSize;
        MarkLostAfterTimeout();
        _forcesRetransmission = true;

        // What must be sent again now waits for no rate, or the timer would count meanwhile.
        _rare?.MayPaceAt = 0;

        // RFC 6298 sections 5.5 and 5.6, RFC 9293 section 3.8.1, MUST-19.
        ArmRetransmission();
    }

    /// <summary>
    /// RFC 8985 section 6.3: the first one, and those that should have been acknowledged by now; without SACK all (RFC 5681).
    /// </summary>
    private void MarkLostAfterTimeout()
    {
        var window = _rack.Window(isRecovering: false, sackedSegments: 0, _roundTrip.Min, _roundTrip.Smoothed);
        for (var i = 0; i < _sent.Count; i++)
        {
            ref var sent = ref _sent[i];
            if (!sent.Has(SentFlags.Sacked) && (i == 0 || !_hasSack || sent.SentAt + _rack.RoundTrip + window <= _now))
            {
                _sent.MarkLost(i);
            }
        }
    }

    // RFC 5682 section 3.1 (with SACK) and 2.1 (without).
    private void RecoverFromTimeout(in IncomingSegment segment, ref AckNews news)
    {
        if (IsNeedless(segment, news) || (_forwardStep == 2 && news.OriginalArrived))
        {
            // Step 3: data arrived that were sent once only: they were late, not lost.
            Undo();
            return;
        }

        if (SendUnacknowledged >= _recoveryPoint)
        {
            _phase = TcpRecoveryPhase.Open;
            _forwardStep = 0;
            _duplicates = 0;
            _repair?.CanUndo = false;
            _sent.ClearLost();
            return;
        }

        if (_forwardStep == 1 && news.Advanced)
        {
            // Step 2b: two new segments instead of what is thought lost; step 2a when there is nothing to send.
            var canSend = Unsent > 0 && UsableWindow > 0;
            _forwardStep = canSend ? (byte)2 : (byte)0;
            if (canSend)
            {
                _congestion.Window = Pipe + (2L * _segmentSize);
            }
        }
        else if (_forwardStep != 0 && (news.IsDuplicate || news.Advanced))
        {
            // Step 3a, or an acknowledgment in step 2 that does not advance: the loss was real.
            _forwardStep = 0;
            _congestion.Window = Math.Min(_congestion.Window, 2L * _segmentSize);
        }
    }

    /// <summary>RFC 8985 section 7.2: after new data or an acknowledgment that advances.</summary>
    private void ScheduleTailProbe()
    {
        if (!_hasSack || !Profile.UsesTailProbes || _phase != TcpRecoveryPhase.Open || _sent.Count == 0 || _sent.SackedCount > 0
            || _tailProbeEnd is not null
            || _roundTrip.Smoothed == 0 || _timerKind != RetransmitTimer.Retransmission)
        {
            return;
        }

        var timeout = (2 * _roundTrip.Smoothed) + (_sent.Count == 1 ? MaxPeerDelay : 2 * TcpTimings.Millisecond);

        // RFC 8985 section 7.2: not later than the retransmission timeout, whose place it takes.
        _timerKind = RetransmitTimer.TailProbe;
        _retransmitAt = Math.Min(TcpTimings.Later(_now, timeout), _retransmitAt);
    }

    // RFC 8985 section 7.3.
    private void OnTailProbeTimeout()
    {
        if (_sent.Count == 0 || _sent.SackedCount > 0)
        {
            // What is acknowledged selectively must not be sent again (RFC 2018 section 5).
            ArmRetransmission();
            return;
        }

        _isTailProbeCopy = !TrySendNew(SendReason.TailProbe);
        var isSent = !_isTailProbeCopy;
        if (_isTailProbeCopy)
        {
            var last = _sent.Count - 1;
            if (_sent[last].Length > _segmentSize)
            {
                _sent.Split(last, _sent[last].Length - _segmentSize);
                last++;
            }

            isSent = Retransmit(last, 1);
        }

        if (isSent)
        {
            Repair.TailProbes++;
            _tailProbeEnd = SendNext;
        }

        ArmRetransmission();
    }

    // RFC 8985 section 7.4.2.
    private void OnTailProbeAcknowledged(in IncomingSegment segment, in AckNews news)
    {
        if (_tailProbeEnd is not { } end || SendUnacknowledged < end)
        {
            return;
        }

        if (!_isTailProbeCopy || news.HasDuplicateSack)
        {
            _tailProbeEnd = null;
        }
        else if (SendUnacknowledged > end)
        {
            // The copy repaired a loss that nothing else would have shown.
            if (_phase <= TcpRecoveryPhase.Disorder && !IsAnswerToOriginal(segment))
            {
                BeginReduction();
                Repair.CanUndo = false;
                _congestion.Window = Math.Max(_congestion.Threshold, _segmentSize);
            }

            _tailProbeEnd = null;
        }
        else if (news.IsDuplicate && !news.HasSack)
        {
            _tailProbeEnd = null;
        }
    }

    private bool IsAnswerToOriginal(in IncomingSegment segment) =>
        _hasTimestamps && segment.HasTimestamps && _repair is { HasFirstResent: true } repair
        && new SequenceNumber(segment.TimestampEcho) < new SequenceNumber(repair.FirstResentTimestamp);
}
