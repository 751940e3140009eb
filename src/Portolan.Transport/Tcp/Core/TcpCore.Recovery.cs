using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// Loss recovery: RACK (RFC 8985), RFC 6675's recovery with PRR (RFC 6937), NewReno without SACK (RFC 6582), undoing of what was needless.
internal sealed partial class TcpCore
{
    private const int DuplicateThreshold = 3;

    private TcpRecoveryPhase _phase;
    private Rack _rack;
    private SequenceNumber _recoveryPoint;
    private int _duplicates;
    private bool _forcesRetransmission;
    private LossRepair? _repair;
    private bool _announcesReduction;
    private bool _isWindowLimited;

    private LossRepair Repair => _repair ??= new LossRepair();

    private bool CanUndo => _repair is { CanUndo: true };

    /// <summary>
    /// RFC 6675's pipe. Without SACK each duplicate acknowledgment stands for a segment that has left (RFC 5681 section 3.2, step 4).
    /// </summary>
    private long Pipe => _sent.Pipe - (_hasSack ? 0 : Math.Min((long)_duplicates * _segmentSize, Math.Max(0, _sent.Pipe - _segmentSize)));

    private void Recover(in IncomingSegment segment, ref AckNews news)
    {
        CountDuplicates(ref news);
        OnTailProbeAcknowledged(segment, news);
        if (_phase == TcpRecoveryPhase.Loss)
        {
            RecoverFromTimeout(segment, ref news);
        }
        else if (_phase is TcpRecoveryPhase.Recovery or TcpRecoveryPhase.Reduced)
        {
            if (IsNeedless(segment, news))
            {
                Undo();
            }
            else if (SendUnacknowledged >= _recoveryPoint)
            {
                // RFC 6675 section 5: above RecoveryPoint recovery is over; RFC 6582 section 3.2: a full acknowledgment.
                EndRecovery();
                news.EndsRecovery = true;
            }
        }
        else if (IsNeedless(segment, news))
        {
            Undo();
        }

        if (_phase != TcpRecoveryPhase.Loss || _hasSack)
        {
            DetectLoss(ref news);
        }

        if (news.FoundLoss && _phase < TcpRecoveryPhase.Recovery && !TryFailProbe())
        {
            EnterRecovery();
        }
        else if (news.HasEcnEcho && _phase < TcpRecoveryPhase.Reduced)
        {
            EnterReduced();
        }

        if (_phase <= TcpRecoveryPhase.Disorder)
        {
            _phase = _sent.SackedCount > 0 || _duplicates > 0 ? TcpRecoveryPhase.Disorder : TcpRecoveryPhase.Open;
        }

        UpdateWindow(news);
    }

    private void CountDuplicates(ref AckNews news)
    {
        if (_hasSack)
        {
            return;
        }

        if (news.Advanced)
        {
            // RFC 6582 section 3.2, step 3: what was acknowledged had been counted by duplicates before, but for the segment that was lost.
            var counted = Math.Min(_duplicates, Math.Max(0, (news.Acked / Math.Max(1, _segmentSize)) - 1));
            news.Delivered = Math.Max(0, news.Delivered - (counted * _segmentSize));
            _duplicates = _phase is TcpRecoveryPhase.Recovery ? _duplicates - counted : 0;
        }
        else if (news.IsDuplicate)
        {
            _duplicates++;
            news.Delivered += _segmentSize;
        }
    }

    private void DetectLoss(ref AckNews news)
    {
        if (_hasSack)
        {
            DetectByTime(ref news);
            return;
        }

        // RFC 6582 section 3.2: the third duplicate, not for what an earlier recovery has sent again; then each partial acknowledgment.
        var isThird = _phase < TcpRecoveryPhase.Recovery && _duplicates >= DuplicateThreshold
            && (SendUnacknowledged > _recoveryPoint || _repair is not { } repair || repair.Recoveries + repair.Timeouts == 0);
        var isPartial = _phase == TcpRecoveryPhase.Recovery && news.Advanced && _sent.Count > 0;
        if ((isThird || isPartial) && _sent.Count > 0 && !_sent[0].Has(SentFlags.Lost | SentFlags.Resent))
        {
            _sent.MarkLost(0);
            news.FoundLoss = true;
        }
    }

    /// <summary>RFC 8985 section 6.2, step 5.</summary>
    private void DetectByTime(ref AckNews news)
    {
        _reorderAt = TcpTimings.Never;
        if (_rack.SentAt == 0 || _sent.Count == 0)
        {
            return;
        }

        var window = _rack.Window(_phase >= TcpRecoveryPhase.Recovery, _sent.SackedCount, _roundTrip.Min, _roundTrip.Smoothed);
        var wait = 0L;
        for (var i = 0; i < _sent.Count;)
        {
            ref var sent = ref _sent[i];
            if (sent.Has(SentFlags.Sacked))
            {
                i = _sent.SkipSacked(i);
                continue;
            }

            if ((sent.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost)
            {
                i++;
                continue;
            }

            if (!_rack.IsBeforeDelivered(sent))
            {
                if (!_sent.AnyEverResent || sent.Sequence >= _sent.ResentEnd)
                {
                    // All that follow were sent later still.
                    break;
                }

                i++;
                continue;
            }

            var left = sent.SentAt + _rack.RoundTrip + window - _now;
            if (left <= 0)
            {
                _sent.MarkLost(i);
                news.FoundLoss = true;
            }
            else
            {
                wait = Math.Max(wait, left);
            }

            i++;
        }

        if (wait > 0)
        {
            _reorderAt = _now + wait;
        }
    }

    private void OnReorderTimeout()
    {
        var news = default(AckNews);
        DetectByTime(ref news);
        if (news.FoundLoss && _phase < TcpRecoveryPhase.Recovery && !TryFailProbe())
        {
            EnterRecovery();
            UpdateWindow(news);
        }
    }

    private void EnterRecovery()
    {
        // RFC 6675 section 5, step 4; RFC 6937 section 3. A reduction for ECN in the same window is not repeated.
        if (_phase != TcpRecoveryPhase.Reduced)
        {
            BeginReduction();
        }

        _recoveryPoint = SendNext;
        _phase = TcpRecoveryPhase.Recovery;
        Repair.Recoveries++;
        _forcesRetransmission = true;
        _tailProbeEnd = null;
    }

    private void EnterReduced()
    {
        // RFC 3168 section 6.1.2: as for a loss, at most once a window; the peer is notified by CWR.
        BeginReduction();
        Repair.CanUndo = false;
        _recoveryPoint = SendNext;
        _phase = TcpRecoveryPhase.Reduced;
        _announcesReduction = true;
    }

    private void BeginReduction()
    {
        var repair = Repair;
        _congestion.CopyTo(ref repair.Prior);
        repair.FlightAtLoss = Math.Max(_sent.Bytes, _segmentSize);
        (repair.Delivered, repair.Out) = (0, 0);
        MarkForUndo();
        _environment.Congestion.OnCongestion(ref _congestion, _sent.Bytes);
        _announcesReduction |= _hasEcn;
    }

    private void MarkForUndo()
    {
        var repair = Repair;
        repair.UndoMarker = SendUnacknowledged;
        repair.UndoResent = 0;
        repair.CanUndo = true;
        repair.HasFirstResent = false;
    }

    private void EndRecovery()
    {
        // RFC 6937 section 3: at the end cwnd is ssthresh.
        _congestion.Window = Math.Max(Math.Min(_congestion.Window, _congestion.Threshold), _segmentSize);
        if (_phase == TcpRecoveryPhase.Recovery)
        {
            _congestion.Window = Math.Max(_congestion.Threshold, _segmentSize);
            _rack.OnRecoveryEnd();
        }

        _phase = TcpRecoveryPhase.Open;
        _duplicates = 0;
        _sent.ClearLost();
        _forcesRetransmission = false;
    }

    /// <summary>
    /// Whether the acknowledgment shows that nothing was lost: an answer to the first copy (RFC 3522), or all copies came twice (RFC 3708).
    /// </summary>
    private bool IsNeedless(in IncomingSegment segment, in AckNews news)
    {
        if (_repair is not { CanUndo: true, HasFirstResent: true } repair)
        {
            return false;
        }

        if (_phase is TcpRecoveryPhase.Recovery or TcpRecoveryPhase.Loss
            && _hasTimestamps && segment.HasTimestamps && news.Advanced && segment.TimestampEcho != 0
            && new SequenceNumber(segment.TimestampEcho) < new SequenceNumber(repair.FirstResentTimestamp))
        {
            return true;
        }

        // The copy that was sent again may come first and end recovery: that it was needless is notified when the late one comes.
        return repair.UndoResent == 0 && news.HasDuplicateSack;
    }

    private void OnDuplicateSack(SequenceNumber start, SequenceNumber end)
    {
        _rack.OnDuplicateSack(SendUnacknowledged, SendNext);
        if (_repair is { CanUndo: true, UndoResent: > 0 } repair && start >= repair.UndoMarker && end <= _recoveryPoint)
        {
            repair.UndoResent--;
        }
    }

    private void Undo()
    {
        // RFC 9438 section 4.9: not only the window and ssthresh, but all that the congestion control had changed.
        var repair = Repair;
        repair.Undone++;
        var (window, threshold, segmentSize) = (_congestion.Window, _congestion.Threshold, _congestion.SegmentSize);
        repair.Prior.CopyTo(ref _congestion);
        _congestion.SegmentSize = segmentSize;
        _congestion.Window = Math.Max(window, repair.Prior.Window);
        _congestion.Threshold = Math.Max(threshold, repair.Prior.Threshold);
        _announcesReduction = false;
        if (_phase != TcpRecoveryPhase.Loss)
        {
            _rack.OnNeedlessRecovery(repair.UndoMarker);
        }

        _phase = TcpRecoveryPhase.Open;
        _duplicates = 0;
        repair.CanUndo = false;
        _forwardStep = 0;
        _sent.ClearLost();
        _forcesRetransmission = false;
    }

    /// <summary>RFC 7661 section 4.2: only a window that is in use grows; in slow start half of it is enough.</summary>
    private bool IsWindowLimited => _congestion.IsSlowStart ? _congestion.Window < 2L * _flightMost : _isWindowLimited;

    /// <summary>On a path that reorders, what arrives before a hole is as good a sign as what fills it.</summary>
    private bool CountsSelective(in AckNews news) => news.Sacked > 0 && _rack.ReorderingBytes > DuplicateThreshold * _segmentSize;

    private void UpdateWindow(in AckNews news)
    {
        if (_phase is TcpRecoveryPhase.Recovery or TcpRecoveryPhase.Reduced)
        {
            ReduceProportionally(news);
        }
        else if ((news.Advanced || CountsSelective(news)) && IsWindowLimited && !news.EndsRecovery && !news.HasEcnEcho && _forwardStep == 0)
        {
            // What was acknowledged selectively before has counted by then: it let other segments go.
            _environment.Congestion.OnAcknowledged(ref _congestion, news.Delivered, _now, _roundTrip.Smoothed);
        }
    }

    // RFC 6937 section 3: proportional rate reduction, with the slow-start bound while acknowledgments are safe.
    private void ReduceProportionally(in AckNews news)
    {
        var repair = Repair;
        repair.Delivered += news.Delivered;
        var pipe = Pipe;
        long send;
        if (pipe > _congestion.Threshold)
        {
            send = (((repair.Delivered * _congestion.Threshold) + repair.FlightAtLoss - 1) / repair.FlightAtLoss) - repair.Out;
        }
        else
        {
            var limit = Math.Max(repair.Delivered - repair.Out, news.Delivered);
            if (news.Advanced && !news.FoundLoss)
            {
                limit += _segmentSize;
            }

            send = Math.Min(_congestion.Threshold - pipe, limit);
        }

        _congestion.Window = Math.Max(pipe + Math.Max(send, 0), _segmentSize);
    }
}
