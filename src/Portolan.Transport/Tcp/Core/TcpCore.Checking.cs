using Portolan.Model;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

// What must hold whenever a connection has settled. Simulations ask after every event.
internal sealed partial class TcpCore
{
    /// <summary>Names the first invariant that does not hold; <c>null</c> when all do.</summary>
    internal string? FindFault()
    {
        if (IsOver)
        {
            return _sent.Count == 0 && Outgoing.Length == 0 && Deadline == TcpTimings.Never
                ? null
                : "memory or timers outlive the connection";
        }

        if (State is TcpState.SynSent or TcpState.SynReceived)
        {
            return _retransmitAt == TcpTimings.Never || _timerKind != RetransmitTimer.Syn ? "no timer during the handshake"
                : Math.Min(Math.Min(_reorderAt, _delayedAckAt), Math.Min(_keepaliveAt, _closeAt)) != TcpTimings.Never
                ? "another timer than that of SYN during the handshake"
                : null;
        }

        if (FastOpening is not null)
        {
            return "what Fast Open needs outlives the handshake";
        }

        return FindFaultOfQueue() ?? FindFaultOfNumbers() ?? FindFaultOfTimers() ?? FindFaultOfIdleTimers();
    }

    /// <summary>SSTHRESH, for what must hold from one event to the next.</summary>
    internal long Threshold => _congestion.Threshold;

    /// <summary>
    /// What makes a second reduction in the same window right: the first was undone, or the segments are of another size.
    /// </summary>
    internal (long Undone, int SegmentSize, TcpRecoveryPhase Phase) ReductionFacts => (_repair?.Undone ?? 0, _segmentSize, _phase);

    private string? FindFaultOfQueue()
    {
        var (bytes, sacked, sackedCount, lost, resent, lostUnsent) = (0, 0, 0, 0, 0, 0);
        var next = SendUnacknowledged;
        for (var i = 0; i < _sent.Count; i++)
        {
            var sent = _sent[i];
            if (sent.Sequence != next || sent.Length <= 0)
            {
                return $"segment {i} does not begin where the one before ends";
            }

            next = sent.End;
            bytes += sent.Length;
            sacked += sent.Has(SentFlags.Sacked) ? sent.Length : 0;
            sackedCount += sent.Has(SentFlags.Sacked) ? 1 : 0;
            lost += sent.Has(SentFlags.Lost) ? sent.Length : 0;
            resent += sent.Has(SentFlags.Resent) ? sent.Length : 0;
            lostUnsent += (sent.Flags & (SentFlags.Lost | SentFlags.Resent)) == SentFlags.Lost ? sent.Length : 0;
            if (sent.Has(SentFlags.Sacked) && sent.Has(SentFlags.Lost | SentFlags.Resent))
            {
                return $"segment {i} is acknowledged selectively and under way";
            }
        }

        if (next != SendNext)
        {
            return "SND.NXT is not the end of what was sent";
        }

        if ((bytes, sacked, sackedCount, lost, resent, lostUnsent)
            != (_sent.Bytes, _sent.SackedBytes, _sent.SackedCount, _sent.LostBytes, _sent.ResentBytes, _sent.LostUnsentBytes))
        {
            return "the sums of the scoreboard are wrong";
        }

        return _sent.Pipe < 0 || Pipe < 0 ? "less than nothing is in flight"
            : _congestion.Window < _segmentSize ? "cwnd is below a segment"
            : _phase < TcpRecoveryPhase.Recovery && lost > 0 ? "a loss is not being repaired"
            : null;
    }

    private string? FindFaultOfNumbers()
    {
        if (SendNext > DataEnd + (_isFinSent ? 1u : 0u))
        {
            return "more was sent than was written";
        }

        if (_lastAcknowledged > ReceiveNext)
        {
            return "what did not come was acknowledged";
        }

        // RFC 9293 section 3.3.2: which states come before a FIN of either side, and which after it.
        if (_isFinQueued != State is TcpState.FinWait1 or TcpState.FinWait2 or TcpState.Closing or TcpState.LastAck)
        {
            return $"{State} and a FIN that is {(_isFinQueued ? "" : "not ")}to be sent";
        }

        if (_hasPeerFin != State is TcpState.CloseWait or TcpState.Closing or TcpState.LastAck)
        {
            return $"{State} and a FIN that has {(_hasPeerFin ? "" : "not ")}come";
        }

        // RFC 6298 section 2: the bounds of RTO.
        var timeout = _roundTrip.Timeout;
        return timeout < Math.Min(Timings.RtoMin, Timings.RtoInitial) || timeout > Math.Max(Timings.RtoMax, 3 * Timings.RtoInitial)
            ? $"a retransmission timeout of {timeout} ns" : null;
    }

    private string? FindFaultOfTimers()
    {
        if (_sent.Count > 0 && _retransmitAt == TcpTimings.Never)
        {
            return "data are in flight and no timer is armed";
        }

        if (CanSendData && !IsBlocked && _sent.Count == 0 && (Unsent > 0 || (_isFinQueued && !_isFinSent))
            && _retransmitAt == TcpTimings.Never)
        {
            return "data wait and no timer is armed";
        }

        if (ReceiveNext != _lastAcknowledged && _delayedAckAt == TcpTimings.Never && !_acknowledgesNow)
        {
            return "data came and no acknowledgment is due";
        }

        return _timerKind == RetransmitTimer.Persist && _sent.Count > 0 && _retransmitAt != TcpTimings.Never
            ? "persist and retransmission at once"
            : null;
    }

    /// <summary>A timer is armed for something, and not for longer than its bound.</summary>
    private string? FindFaultOfIdleTimers()
    {
        if (_retransmitAt != TcpTimings.Never)
        {
            if (_sent.Count == 0 && Unsent == 0 && (!_isFinQueued || _isFinSent))
            {
                return $"the timer of {_timerKind} is armed and nothing waits";
            }

            if (_timerKind is RetransmitTimer.None or RetransmitTimer.Syn)
            {
                return $"a timer of {_timerKind} is armed";
            }

            if (_retransmitAt - _now > Math.Max(Timings.RtoMax, BlockedProbeInterval))
            {
                return "a retransmission timer beyond its most";
            }
        }

        return _reorderAt != TcpTimings.Never && _sent.Count == 0 ? "reordering is waited for and nothing is in flight"
            : _delayedAckAt != TcpTimings.Never && ReceiveNext == _lastAcknowledged ? "an acknowledgment is due and nothing came"
            : (_keepaliveAt != TcpTimings.Never) != _rare?.Keepalive is not null ? "keepalive is armed and off, or on and not armed"
            : (_closeAt != TcpTimings.Never) != (_isReaderGone && State == TcpState.FinWait2)
            ? "the timer of FIN-WAIT-2 in another state, or not in it"
            : null;
    }
}
