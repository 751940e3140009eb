using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Tcp.FastOpen;

namespace Portolan.Transport.Tcp.Core;

// TCP Fast Open (RFC 7413): text in a SYN, and a server that speaks before its handshake is done.
internal sealed partial class TcpCore
{
    /// <summary>
    /// What a SYN with text leaves free: the most that options take, as Linux does, so that middleboxes may add theirs (tcp_send_syn_data).
    /// </summary>
    private const int SynReserve = TcpOptionsWriter.MaxLength;

    /// <summary>What became of Fast Open.</summary>
    private TcpFastOpenOutcome _fastOpenOutcome;

    private FastOpening? FastOpening => _rare?.FastOpening;

    /// <summary>
    /// Whether a cookie has opened it and its handshake is not done: it reads and writes all the same (RFC 7413 section 4.2.2).
    /// </summary>
    private bool IsOpenByCookie => FastOpening?.Queue is not null;

    /// <summary>The number after the text that a SYN of this end carried; that after the SYN where it carried none.</summary>
    private SequenceNumber SynEnd => SendNext + (uint)(FastOpening?.SynText ?? 0);

    /// <summary>
    /// Before <see cref="Connect"/>: has the SYN carry text where there is a cookie, or else ask for one (RFC 7413 section 4.2.1).
    /// </summary>
    /// <param name="first">The first bytes of the stream.</param>
    /// <param name="now">The time.</param>
    /// <returns>How many of them were taken, now or for after the handshake.</returns>
    internal int PrepareFastOpen(ReadOnlySpan<byte> first, Instant now)
    {
        var taken = Outgoing.Write(first);
        MarkPush(TcpWriteMode.None, isWhole: true);
        var cache = _environment.FastOpens;
        if (!Profile.UsesFastOpen || cache.IsPaused(_path.Source, _path.Destination, _remotePort, now))
        {
            _fastOpenOutcome = TcpFastOpenOutcome.NoCookie;
            return taken;
        }

        var cookie = cache.CookieFor(_path.Source, _path.Destination, out var segmentSize);

        // RFC 7413 section 4.1.3: without a cached MSS the least that every host takes.
        segmentSize = Math.Min(segmentSize == 0 ? SegmentSizeOf(null, _path.Destination.IsIPv4, Profile) : segmentSize, SegmentSizeLimit);
        Rare.FastOpening = new FastOpening
        {
            Cookie = cookie,
            HasOption = true,
            Room = cookie.Length == 0 ? 0 : Math.Max(0, Math.Min(segmentSize, _path.Mtu - HeadersLength) - SynReserve),
        };
        _fastOpenOutcome = cookie.Length == 0 ? TcpFastOpenOutcome.NoCookie : TcpFastOpenOutcome.Sent;
        return taken;
    }

    /// <summary>
    /// RFC 7413 section 4.2.2: a SYN with a good cookie opens it at once, and its text is read before the handshake is done.
    /// </summary>
    internal void OpenByCookie(in TcpAgreement agreement, in IncomingSegment segment, FastOpening opening, Instant now)
    {
        Enter(now);
        _segmentsReceived++;
        Agree(agreement);
        SetSendWindow(segment.Segment.Window, segment.Sequence);
        Establish();
        TakeText(segment, segment.Sequence + 1u);

        // The SYN-ACK acknowledges the text, and its window begins after it.
        _advertised = SequenceNumber.Later(_advertised, ReceiveNext + (uint)agreement.SynWindow);
        (_acknowledgesNow, _delayedAckAt) = (false, TcpTimings.Never);
        _fastOpenOutcome = ReceiveNext == segment.Sequence + 1u ? TcpFastOpenOutcome.NoText : TcpFastOpenOutcome.Accepted;
        State = TcpState.SynReceived;
        opening.SynAckAt = _now;
        Rare.FastOpening = opening;
        _acknowledgedAt = _now;
        SendSyn(isAnswer: true);
        (_sentAt, _lastAcknowledged) = (0, ReceiveNext);
        Leave();
    }

    /// <summary>
    /// RFC 7413 section 4.2.1: the SYN-ACK acknowledges all of the SYN's text, or a part, or none; the rest is sent as if it had never
    /// been.
    /// </summary>
    private void TakeAnswerToFastOpen(in IncomingSegment segment)
    {
        var opening = FastOpening!;
        var values = segment.Segment.Options.Read();
        var cookie = new FastOpenCookie(values.FastOpenCookie);
        var accepted = TakeSynText(segment.Acknowledgment);
        var cache = _environment.FastOpens;
        cache.Learn(_path.Source, _path.Destination, cookie, SegmentSizeOf(segment.MaximumSegmentSize, _path.Destination.IsIPv4, Profile));
        var counters = _environment.Counters;
        if (accepted > 0)
        {
            counters.FastOpenActive++;
            _fastOpenOutcome = TcpFastOpenOutcome.Accepted;
            cache.Forgive(_path.Source, _path.Destination, _remotePort);
        }
        else if (_synTries > 1 && cookie.Length == 0)
        {
            // Only the SYN without the option was answered: the one with it, or what it brought about, was lost on the way.
            counters.FastOpenBlackholes++;
            FailFastOpen(opening, TcpFastOpenOutcome.SynLost);
        }
        else if (opening.SynText == 0)
        {
            _fastOpenOutcome = opening.Cookie.Length > 0 ? TcpFastOpenOutcome.NoText : TcpFastOpenOutcome.NoCookie;
        }
        else
        {
            counters.FastOpenActiveFailed++;
            _fastOpenOutcome = TcpFastOpenOutcome.NotAcknowledged;
            if (cookie.Length == 0)
            {
                // RFC 7413 section 4.1.3.1: the server has no use for it.
                PauseFastOpen();
            }
        }

        _rare!.EndFastOpening(ref _rare);
    }

    /// <summary>Lets go of what of the SYN's text was acknowledged: SND.UNA and SND.NXT follow. Returns how many bytes.</summary>
    private int TakeSynText(SequenceNumber acknowledgment)
    {
        var accepted = acknowledgment - (_initialSend + 1u);
        Outgoing.Release(Outgoing.Start + accepted);
        SendUnacknowledged = SendNext = acknowledgment;
        return accepted;
    }

    /// <summary>
    /// What is left of the SYN's text is sent at once. It was whole when it was written: for Nagle's algorithm it is no small segment, as
    /// with Linux.
    /// </summary>
    private void ResendSynText(int count)
    {
        var isAll = Outgoing.Length == count;
        Output();
        _smallEnd = isAll ? SendUnacknowledged : _smallEnd;
    }

    private void FailFastOpen(FastOpening opening, TcpFastOpenOutcome outcome)
    {
        _environment.Counters.FastOpenActiveFailed += opening.SynText > 0 ? 1 : 0;
        _fastOpenOutcome = outcome;
        PauseFastOpen();
    }

    /// <summary>
    /// Some middleboxes let a SYN with text through and nothing after it. Two timeouts in a row of a connection that began so are taken for
    /// that, as with Linux (tcp_fastopen_active_detect_blackhole).
    /// </summary>
    private void SuspectFastOpen()
    {
        if (_retries == 2 && _fastOpenOutcome == TcpFastOpenOutcome.Accepted
            && _environment.FastOpens.CookieFor(_path.Source, _path.Destination, out _).Length > 0)
        {
            _environment.Counters.FastOpenBlackholes++;
            PauseFastOpen();
        }
    }

    private void PauseFastOpen() =>
        _environment.FastOpens.Pause(_path.Source, _path.Destination, _remotePort, Profile.FastOpenPause, new Instant(_now));

    /// <summary>The handshake of a connection that a cookie has opened is done: what was sent since is as that of any connection.</summary>
    private void CompleteOpenByCookie(in IncomingSegment segment, SequenceNumber sequence)
    {
        var opening = FastOpening!;
        opening.Queue!.End(isReset: false, new Instant(_now));
        SetSendWindow((uint)segment.Segment.Window << _sendShift, sequence);
        if (_synTries == 1)
        {
            // RFC 6298 section 3, Karn: only a SYN-ACK that was sent once measures.
            _roundTrip.Add(_now - opening.SynAckAt, _now, Timings);
        }

        (_timerKind, _retransmitAt) = (RetransmitTimer.None, TcpTimings.Never);
        State = _isFinQueued ? TcpState.FinWait1 : TcpState.Established;
        _lastReceivedAt = _now;
        if (opening.IsLate)
        {
            // RFC 5681 section 3.1; and a peer that had not heard of the SYN-ACK has dropped what followed it.
            _congestion.Window = _segmentSize;
            _roundTrip.StartAfterLostSyn(Timings);
            ResendAll();
        }

        if (_sent.Count > 0)
        {
            ArmRetransmission();
        }

        _rare!.EndFastOpening(ref _rare);
        StartKeepalive();
    }

    private void ResendAll()
    {
        for (var i = 0; i < _sent.Count; i++)
        {
            _sent.MarkLost(i);
        }

        if (_sent.Count > 0)
        {
            BeginResending();
        }
    }

    /// <summary>It ends before the handshake is done.</summary>
    private void AbandonFastOpen(TcpError error)
    {
        if (FastOpening is not { } opening)
        {
            return;
        }

        if (opening.Queue is { } queue)
        {
            // RFC 7413 section 5.1: nothing that a stranger brings about makes room for the next at once.
            queue.End(isReset: error != TcpError.TimedOut, new Instant(_now));
            _environment.Counters.FastOpenPassiveFailed++;
        }
        else if (error is not (TcpError.Refused or TcpError.Aborted))
        {
            // RFC 7413 section 4.1.3.1: no answer at all, or an ICMP error.
            FailFastOpen(opening, TcpFastOpenOutcome.SynLost);
        }

        _rare!.EndFastOpening(ref _rare);
    }

    /// <summary>A SYN with text was too big for the path: it is sent with less at once.</summary>
    private void ResendSynWithLess()
    {
        if (State == TcpState.SynSent && FastOpening is { HasOption: true, SynText: > 0 } opening && _synTries == 1)
        {
            opening.Room = Math.Clamp(_path.Mtu - HeadersLength - SynReserve, 0, opening.Room);
            (opening.SynText, _synTries) = (0, 0);
            SendSyn(isAnswer: false);
        }
    }

    /// <summary>A SYN that came again: its sender has not seen the SYN-ACK, which measures nothing any more.</summary>
    private bool IsSynAgain(in IncomingSegment segment) =>
        State == TcpState.SynReceived && (segment.Flags & (TcpFlags.Syn | TcpFlags.Ack | TcpFlags.Rst)) == TcpFlags.Syn
            && segment.Sequence == _initialReceive && IsOpenByCookie;

    private void AnswerSynAgain()
    {
        _synTries = Math.Max(_synTries, (ushort)2);
        _environment.Counters.Retransmissions++;
        EmitSyn(isAnswer: true);
    }
}
