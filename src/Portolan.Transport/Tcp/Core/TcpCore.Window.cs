using Portolan.Model;

namespace Portolan.Transport.Tcp.Core;

// Windows: RFC 9293 section 3.8.6, RFC 7323 section 2; receive buffers that grow with what the reader takes in a round trip.
internal sealed partial class TcpCore
{
    private const int MaxField = ushort.MaxValue;

    private uint _sendWindow;
    private uint _maxSendWindow;
    private SequenceNumber _windowSequence;
    private byte _sendShift;
    private byte _receiveShift;
    private SequenceNumber _advertised;
    private long _readMark;
    private long _readMarkAt;

    /// <summary>RCV.WND: up to the right edge that the peer knows.</summary>
    private uint ReceiveWindow => (uint)Math.Max(0, _advertised - ReceiveNext);

    /// <summary>
    /// What the peer's window leaves: SND.UNA + SND.WND - SND.NXT; nothing when it has shrunk below what is out (RFC 9293 section 3.8.6,
    /// MUST-34, SHLD-15).
    /// </summary>
    private int UsableWindow => Math.Max(0, SendUnacknowledged + _sendWindow - SendNext);

    // RFC 9293 section 3.10.7.4, SND.WL1 and SND.WL2: not from a segment older than the one that told the window last. The acknowledgment
    // decides before the sequence number: what fills a gap has a lower number and may acknowledge more, and what comes late has a higher
    // one and may acknowledge less; in both cases SND.UNA and the window of another segment together would reach further than the peer ever
    // said. With SND.WL1 = SEG.SEQ and SND.WL2 = SEG.ACK section 3.10.7.4 takes any window. Here, as with Linux, it must be larger or 0: of
    // two acknowledgments that say the same, the one with the smaller window may be the older. A window that was taken back (SHLD-14 says
    // not to) counts with the next news.
    private void TakeWindow(in IncomingSegment segment, SequenceNumber sequence, bool isAdvancing)
    {
        // RFC 9293 section 3.1, MUST-1 and REC-1: unsigned, in 32 bits.
        var window = (uint)segment.Segment.Window << (segment.IsSyn ? 0 : _sendShift);
        var isNewer = segment.Acknowledgment == SendUnacknowledged
            && (_windowSequence < sequence || (_windowSequence == sequence && (window > _sendWindow || window == 0)));
        if (isAdvancing || isNewer)
        {
            SetSendWindow(window, sequence);
        }
    }

    private void SetSendWindow(uint window, SequenceNumber sequence)
    {
        var wasShut = UsableWindow == 0;
        _sendWindow = window;
        _maxSendWindow = Math.Max(_maxSendWindow, window);
        _windowSequence = sequence;
        if (wasShut && window > 0 && _timerKind == RetransmitTimer.Persist)
        {
            _persistBackoff = 0;
            _retransmitAt = TcpTimings.Never;
        }
    }

    /// <summary>
    /// The window field of the next segment. The right edge never goes back (RFC 9293 section 3.8.6, SHLD-14), also not by what the shift
    /// cuts off.
    /// </summary>
    private ushort OfferWindow()
    {
        if (State == TcpState.SynReceived)
        {
            // A SYN-ACK that is sent again has no scale (RFC 7323 section 2.2): what is said here beyond its window it would take back.
            // Who is open by a cookie has sent that already, so it is rounded up.
            var told = (ReceiveWindow + (IsOpenByCookie ? (1u << _receiveShift) - 1 : 0)) >> _receiveShift;
            _advertised = SequenceNumber.Later(_advertised, ReceiveNext + (told << _receiveShift));
            return (ushort)told;
        }

        var edge = NextEdge();
        var window = (uint)(edge - ReceiveNext);
        var field = window >> _receiveShift;
        if (ReceiveNext + (field << _receiveShift) < _advertised)
        {
            field = (ReceiveWindow + (1u << _receiveShift) - 1) >> _receiveShift;
        }

        field = Math.Min(field, MaxField);
        _advertised = SequenceNumber.Later(_advertised, ReceiveNext + (field << _receiveShift));
        return (ushort)field;
    }

    /// <summary>
    /// RFC 9293 section 3.8.6.2.2, MUST-39: the right edge stays until it can move by a segment or half of the buffer. A reader that takes
    /// nothing keeps the window shut (MAY-8).
    /// </summary>
    private SequenceNumber NextEdge()
    {
        var room = Math.Max(0, Incoming.Limit - Incoming.Readable + (_environment.Memory.IsShort ? 0 : Incoming.Held));
        var edge = ReceiveNext + (uint)Math.Min(room, MaxField << _receiveShift);
        if (Profile.TellsSmallRoom && room >= Math.Min(Incoming.Limit / 4, _receiveSegmentSize))
        {
            return SequenceNumber.Later(_advertised, edge);
        }

        return edge - _advertised >= Math.Min(Incoming.Limit / 2, _receiveSegmentSize)
            ? edge
            : SequenceNumber.Later(_advertised, ReceiveNext);
    }

    /// <summary>After the reader took bytes: a window that has become much larger is told.</summary>
    private void AfterReading()
    {
        TuneReceiveBuffer();
        if (State is not (TcpState.Established or TcpState.FinWait1 or TcpState.FinWait2))
        {
            return;
        }

        var window = NextEdge() - ReceiveNext;
        var gain = window - (int)ReceiveWindow;
        if (gain > 0 && window >= 2 * (long)ReceiveWindow && gain >= Math.Min(Incoming.Limit / 2, _receiveSegmentSize))
        {
            _acknowledgesNow = true;
        }
    }

    /// <summary>
    /// What the reader takes in a round trip decides how much may come in the next: twice that, so that the window never holds the peer
    /// back.
    /// </summary>
    private void TuneReceiveBuffer()
    {
        var roundTrip = _roundTrip.Smoothed;
        if (roundTrip == 0 || _now - _readMarkAt < roundTrip)
        {
            return;
        }

        var position = Incoming.ReadPosition + Incoming.Held;
        var taken = position - _readMark;
        (_readMark, _readMarkAt) = (position, _now);
        var wanted = Math.Min(Profile.MaxReceiveBuffer, (2 * taken) + (16L * _receiveSegmentSize));
        if (wanted > Incoming.Limit && taken * 2 > Incoming.Limit && !_environment.Memory.IsShort)
        {
            Incoming.Limit = (int)Math.Min(wanted, 2L * Incoming.Limit);
        }
    }

    /// <summary>RFC 9293 section 3.7.1, SHLD-6.</summary>
    private void OnMtuChanged()
    {
        _mtuGeneration = _path.MtuGeneration;
        var wasProbeTooLarge = _rare?.MtuSearch?.OnPathMtu(_path.Mtu) == true;
        var segmentSize = EffectiveSegmentSize();
        var isSmaller = segmentSize < _segmentSize;
        if (segmentSize != _segmentSize)
        {
            UseSegmentSize(segmentSize);
        }

        if (isSmaller || wasProbeTooLarge)
        {
            ResendTooLarge();
        }
    }

    /// <summary>
    /// RFC 1191 section 6.4, RFC 8201 section 5.4: what is too large for the path is sent again in smaller segments, and that is no
    /// congestion.
    /// </summary>
    private void ResendTooLarge()
    {
        var isAny = false;
        for (var i = 0; i < _sent.Count; i++)
        {
            ref var sent = ref _sent[i];
            if (sent.Length - (IsFinIn(sent) ? 1 : 0) > _segmentSize && !sent.Has(Recovery.SentFlags.Sacked))
            {
                _sent.MarkLost(i);
                isAny = true;
            }
        }

        if (isAny && _phase < TcpRecoveryPhase.Recovery)
        {
            // As Linux does: what is marked goes out again as after a timeout, but cwnd and ssthresh stay, and slow start goes on.
            BeginResending();
        }

        _forcesRetransmission |= isAny;
    }

    private void BeginResending()
    {
        _repair?.CanUndo = false;
        _forwardStep = 0;
        _recoveryPoint = SendNext;
        _phase = TcpRecoveryPhase.Loss;
    }

    /// <summary>Whether what is sent again was too large and not lost: a timeout marks for undoing, a smaller path MTU does not.</summary>
    private bool IsResizing => _phase == TcpRecoveryPhase.Loss && !CanUndo;
}
