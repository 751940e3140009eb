using Portolan.Model;
using Portolan.Packets;

namespace Portolan.Transport.Tcp.Core;

/// <summary>What the one retransmission timer stands for; never two at once.</summary>
internal enum RetransmitTimer : byte
{
    None,
    Syn,
    Retransmission,
    TailProbe,
    Persist,
}

/// <summary>When an idle peer is probed (RFC 9293 section 3.8.4).</summary>
/// <param name="Idle">After so many nanoseconds without news.</param>
/// <param name="Interval">And again after so many.</param>
/// <param name="Probes">As often, at most.</param>
internal sealed record KeepalivePlan(long Idle, long Interval, int Probes);

// Timers: one deadline for retransmission, tail probe or persist, and one each for reordering, delayed acknowledgment, keepalive and
// FIN-WAIT-2.
internal sealed partial class TcpCore
{
    /// <summary>How often what a busy link holds back is looked at, as Linux does (TCP_RESOURCE_PROBE_INTERVAL).</summary>
    private const long BlockedProbeInterval = 500 * TcpTimings.Millisecond;

    private RetransmitTimer _timerKind;
    private long _retransmitAt;
    private long _reorderAt;
    private long _delayedAckAt;
    private long _keepaliveAt;
    private long _closeAt;
    private int _persistBackoff;
    private int _unansweredProbes;
    private int _keepaliveProbes;

    /// <summary>When <see cref="OnTimer"/> is wanted, nanoseconds.</summary>
    internal long Deadline => IsOver
        ? TcpTimings.Never
        : Math.Min(Math.Min(Math.Min(_retransmitAt, _reorderAt), Math.Min(_delayedAckAt, _keepaliveAt)), Math.Min(_closeAt, PaceTimer));

    /// <summary>Does what is due.</summary>
    internal void OnTimer(Instant now)
    {
        if (IsOver)
        {
            return;
        }

        Enter(now);
        if (_delayedAckAt <= _now)
        {
            _delayedAckAt = TcpTimings.Never;
            _acknowledgesNow = true;
        }

        if (PaceTimer <= _now)
        {
            _rare!.PaceTimerAt = TcpTimings.Never;
        }

        if (_reorderAt <= _now)
        {
            _reorderAt = TcpTimings.Never;
            OnReorderTimeout();
        }

        if (_retransmitAt <= _now)
        {
            OnRetransmitTimer();
        }

        if (!IsOver && _keepaliveAt <= _now)
        {
            OnKeepalive();
        }

        if (!IsOver && _closeAt <= _now)
        {
            // The peer keeps its side open, and nobody here would read it.
            Finish();
        }

        Leave();
    }

    private void ClearTimers()
    {
        _timerKind = RetransmitTimer.None;
        _retransmitAt = _reorderAt = _delayedAckAt = _keepaliveAt = _closeAt = TcpTimings.Never;
        _rare?.PaceTimerAt = TcpTimings.Never;
    }

    private void OnRetransmitTimer()
    {
        switch (_timerKind)
        {
            case RetransmitTimer.Syn:
                OnSynTimeout();
                break;
            case RetransmitTimer.TailProbe when !IsPastUserTimeout():
                OnTailProbeTimeout();
                break;
            case RetransmitTimer.Persist:
                OnPersist();
                break;
            default:
                OnRetransmissionTimeout();
                break;
        }
    }

    /// <summary>RFC 6298 section 5.5: doubled for each timeout, up to the most.</summary>
    private long BackedOff(int times) => Math.Min(_roundTrip.Timeout << Math.Clamp(times, 0, 20), Timings.RtoMax);

    private void ArmRetransmission()
    {
        _timerKind = RetransmitTimer.Retransmission;
        _retransmitAt = _sent.Count == 0 ? TcpTimings.Never : WithinUserTimeout(TcpTimings.Later(_now, BackedOff(_backoff)));
    }

    /// <summary>
    /// RFC 9293 section 3.10.8: the user timeout ends a connection when it expires, not with the timer that runs out next after that.
    /// </summary>
    private long WithinUserTimeout(long time)
    {
        if (UserTimeout == TcpTimings.Never)
        {
            return time;
        }

        var end = TcpTimings.Later(_acknowledgedAt, UserTimeout);
        return end > _now ? Math.Min(time, end) : time;
    }

    /// <summary>RFC 6298 sections 5.2 and 5.3: off when all is acknowledged, else anew.</summary>
    private void RestartRetransmission()
    {
        ArmRetransmission();
        ScheduleTailProbe();
    }

    /// <summary>
    /// RFC 9293 section 3.8.6.1, MUST-35, MUST-36, SHLD-29, SHLD-30: while the peer's window is too small for what waits, it is probed,
    /// first after RTO, then ever later.
    /// </summary>
    private void ArmPersist()
    {
        if (Unsent == 0 && (!_isFinQueued || _isFinSent))
        {
            _timerKind = RetransmitTimer.None;
            _retransmitAt = TcpTimings.Never;
            return;
        }

        if (_timerKind != RetransmitTimer.Persist || _retransmitAt == TcpTimings.Never)
        {
            // What waits now has not waited before: the user timeout counts from here, not from the acknowledgment of earlier data.
            _acknowledgedAt = _unansweredProbes == 0 ? _now : _acknowledgedAt;
            _timerKind = RetransmitTimer.Persist;
            var time = TcpTimings.Later(_now, BackedOff(_persistBackoff));
            _retransmitAt = _unansweredProbes > 0 ? WithinUserTimeout(time) : time;
        }
    }

    private void OnPersist()
    {
        if (_sent.Count > 0)
        {
            ArmRetransmission();
            return;
        }

        if (IsTooEarly())
        {
            // What waits for its time waits for nothing of the peer's: it leaves when that has come, before this timer.
            _retransmitAt = Math.Min(TcpTimings.Later(PaceTimer, BackedOff(0)), TcpTimings.Later(_now, Timings.RtoMax));
            return;
        }

        // RFC 9293 section 3.8.6.1, MUST-37: a peer that answers may keep its window shut for ever; one that does not is gone.
        // Where nobody owns the connection any more, no caller waits for ever either.
        if (_unansweredProbes > Profile.MaxRetransmissions || (_unansweredProbes > 0 && IsPastUserTimeout())
            || (_isReaderGone && _persistBackoff > Profile.MaxRetransmissions) || IsBurden)
        {
            Fail(TcpError.TimedOut, sendsReset: true);
            return;
        }

        if (IsBlocked)
        {
            // Nothing leaves this host: that is not an answer of the peer's that would have to be waited for longer each time.
            _unansweredProbes++;
            _retransmitAt = TcpTimings.Later(_now, BlockedProbeInterval);
            return;
        }

        _persistBackoff++;
        _timerKind = RetransmitTimer.None;

        // RFC 9293 section 3.8.6.2.1, the override timeout: what fits the window is sent, however small.
        if (!TrySendNew(SendReason.Override))
        {
            // The user timeout counts from the first probe that is not answered.
            _acknowledgedAt = _unansweredProbes++ == 0 ? _now : _acknowledgedAt;
            SendProbe();
        }

        AfterSending(didSend: false);
    }

    /// <summary>
    /// A segment that is not acceptable, so that it is answered: one number before what the peer expects, without data (RFC 9293 section
    /// 3.8.4, SHLD-12).
    /// </summary>
    private void SendProbe() => Emit(TcpFlags.Ack, SendUnacknowledged - 1u, 0, 0, isNew: false);

    /// <summary>
    /// While memory is short nobody waits for a peer that takes nothing of what is left of a connection that is orphaned (RFC 6429 section
    /// 4; Linux: <c>tcp_check_oom</c>).
    /// </summary>
    private bool IsBurden => _isReaderGone && _environment.Memory.IsShort;

    private bool IsGivenUp()
    {
        if (IsBurden)
        {
            return true;
        }

        if (_sendWindow == 0 && _now - _lastReceivedAt <= Timings.RtoMax * 2)
        {
            // RFC 9293 section 3.8.6, SHLD-17: the window was shut after the data had been sent, and the peer says so.
            return false;
        }

        // RFC 9293 section 3.8.3, MUST-20.
        return _retries >= Profile.MaxRetransmissions || IsPastUserTimeout();
    }

    /// <summary>RFC 9293 section 3.8.3 and RFC 5482 section 3: data that stay unacknowledged for so long end the connection.</summary>
    private bool IsPastUserTimeout() => UserTimeout != TcpTimings.Never && _now - _acknowledgedAt >= UserTimeout;

    private void StartKeepalive() => _keepaliveAt = _rare?.Keepalive is { } plan ? TcpTimings.Later(_now, plan.Idle) : TcpTimings.Never;

    // RFC 9293 section 3.8.4 (MAY-5, MUST-24, MUST-25, MUST-26, MUST-27, MUST-28, MUST-29): off unless asked for; only when nothing came
    // for long, and not while data wait for an answer.
    private void OnKeepalive()
    {
        var plan = _rare!.Keepalive!;
        var idle = _now - _lastReceivedAt;
        if (idle < plan.Idle || _sent.Count > 0)
        {
            _keepaliveAt = TcpTimings.Later(_now, _sent.Count > 0 ? plan.Idle : Math.Max(plan.Idle - idle, TcpTimings.Millisecond));

            return;
        }

        // With a user timeout that decides, and not how many probes there were, as with Linux.
        if (UserTimeout == TcpTimings.Never ? _keepaliveProbes >= plan.Probes : _keepaliveProbes > 0 && idle >= UserTimeout)
        {
            Fail(SoftError == TcpError.None ? TcpError.TimedOut : SoftError, sendsReset: true);
            return;
        }

        _keepaliveProbes++;
        SendProbe();
        _keepaliveAt = TcpTimings.Later(_now, plan.Interval);
    }

    private void StartFinWait2()
    {
        if (_isReaderGone && State == TcpState.FinWait2)
        {
            _closeAt = TcpTimings.Later(_now, Timings.FinWait2);
        }
    }
}
