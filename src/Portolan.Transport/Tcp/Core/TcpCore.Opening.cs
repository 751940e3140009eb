using Portolan.Model;
using Portolan.Packets;
using Portolan.Transport.Tcp.Congestion;

namespace Portolan.Transport.Tcp.Core;

/// <summary>What a listener agreed on with a peer before there was a connection.</summary>
internal readonly record struct TcpAgreement(
    SequenceNumber InitialSend,
    SequenceNumber InitialReceive,
    int PeerSegmentSize,
    byte SendShift,
    bool HasWindowScale,
    bool HasSack,
    bool HasTimestamps,
    uint TimestampRecent,
    bool HasEcn,
    int SynWindow,
    long SynAckAt,
    bool WasSynAckResent);

// Opening: RFC 9293 section 3.5, options of RFC 7323 section 2 and RFC 2018 section 2, ECN of RFC 3168 section 6.1.1.
internal sealed partial class TcpCore
{
    /// <summary>RFC 9293 section 3.7.1, MUST-15: what is assumed of a peer that names no MSS.</summary>
    internal const int DefaultSegmentSize = 536;

    private const int DefaultSegmentSize6 = 1220;

    /// <summary>Bytes of timestamps in a segment, padding included (RFC 7323 appendix A).</summary>
    internal const int TimestampLength = 12;

    private SequenceNumber _initialSend;
    private SequenceNumber _initialReceive;
    private int _peerSegmentSize = DefaultSegmentSize;
    private int _segmentSize = DefaultSegmentSize;
    private int _mtuGeneration;
    private bool _hasTimestamps;
    private bool _hasSack;
    private bool _hasEcn;
    private bool _offersEcn;
    private bool _peerAskedForEcn;
    private ushort _synTries;
    private readonly uint _timestampOffset;
    private uint _timestampRecent;
    private long _timestampRecentAt;

    private int HeadersLength => TcpSegment.MinHeaderLength + (_path.Destination.IsIPv4 ? 20 : 40);

    /// <summary>The MSS that this end names: what its interface takes (RFC 9293 section 3.7.1, MUST-14, MUST-67; RFC 6691).</summary>
    private int OfferedSegmentSize =>
        Math.Clamp(Math.Min(_path.Mtu - HeadersLength, SegmentSizeLimit), DefaultSegmentSize / 8, ushort.MaxValue);

    /// <summary>The most payload bytes of a segment that the user wants.</summary>
    internal ushort SegmentSizeLimit { get; set; } = ushort.MaxValue;

    /// <summary>A user's limit, 0 for none.</summary>
    internal static ushort LimitOf(int wanted) =>
        wanted is > 0 and < ushort.MaxValue ? (ushort)Math.Max(wanted, DefaultSegmentSize / 8) : ushort.MaxValue;

    /// <summary>RFC 9293 section 3.10.1: an active OPEN.</summary>
    internal void Connect(SequenceNumber initialSend, Instant now)
    {
        Enter(now);
        _initialSend = initialSend;
        SendUnacknowledged = initialSend;
        SendNext = initialSend + 1u;
        _acknowledgedAt = _now;
        _offersEcn = Profile.Ecn == TcpEcnPolicy.Request;
        _hasTimestamps = _environment.Layout.HasTimestamps;
        _hasSack = _environment.Layout.HasSack;
        _receiveShift = (byte)_environment.Layout.WindowScale;
        State = TcpState.SynSent;
        SendSyn(isAnswer: false);
        Leave();
    }

    /// <summary>A connection whose handshake a listener has made.</summary>
    internal void Open(in TcpAgreement agreement, in IncomingSegment segment, Instant now)
    {
        Enter(now);
        _segmentsReceived++;
        Agree(agreement);
        if (agreement.WasSynAckResent)
        {
            _synTries = 2;
        }
        else if (agreement.SynAckAt != TcpTimings.Never)
        {
            _roundTrip.Add(_now - agreement.SynAckAt, _now, Timings);
        }

        SetSendWindow((uint)segment.Segment.Window << _sendShift, segment.Sequence);
        Establish();
        Arrive(segment);
        Leave();
    }

    private void Agree(in TcpAgreement agreement)
    {
        _initialSend = agreement.InitialSend;
        SendUnacknowledged = SendNext = agreement.InitialSend + 1u;
        _initialReceive = agreement.InitialReceive;
        ReceiveNext = _lastAcknowledged = agreement.InitialReceive + 1u;
        _advertised = ReceiveNext + (uint)agreement.SynWindow;
        _hasTimestamps = agreement.HasTimestamps;
        _timestampRecent = agreement.TimestampRecent;
        _timestampRecentAt = _now;
        _hasSack = agreement.HasSack;
        _hasEcn = agreement.HasEcn;
        _sendShift = agreement.HasWindowScale ? agreement.SendShift : (byte)0;
        _receiveShift = agreement.HasWindowScale ? (byte)_environment.Layout.WindowScale : (byte)0;
        _peerSegmentSize = agreement.PeerSegmentSize;
    }

    // RFC 9293 section 3.10.7.3: SYN-SENT STATE.
    private void ArriveInSynSent(in IncomingSegment segment)
    {
        // First, check the ACK bit.
        var isAcked = segment.IsAck && segment.Acknowledgment > SendUnacknowledged && segment.Acknowledgment <= SynEnd;
        if (segment.IsAck && !isAcked)
        {
            _environment.Counters.Drop(TcpDrop.BadAcknowledgment);
            if (!segment.IsRst)
            {
                SendReset(segment.Acknowledgment, acknowledges: null);
            }

            return;
        }

        // Second, check the RST bit. RFC 5961 section 3.2 asks for the exact acknowledgment: of the SYN, with its text or without.
        if (segment.IsRst)
        {
            if (isAcked && (segment.Acknowledgment == SendNext || segment.Acknowledgment == SynEnd))
            {
                _environment.Counters.ResetsTaken++;
                Fail(TcpError.Refused, sendsReset: false);
            }
            else
            {
                _environment.Counters.Drop(TcpDrop.InexactReset);
            }

            return;
        }

        // Fourth, check the SYN bit.
        if (!segment.IsSyn)
        {
            _environment.Counters.Drop(TcpDrop.OutsideWindow);
            return;
        }

        _initialReceive = segment.Sequence;
        ReceiveNext = _lastAcknowledged = segment.Sequence + 1u;
        _advertised = ReceiveNext + (uint)_synWindow;
        TakeSynOptions(segment);
        if (!isAcked)
        {
            // RFC 9293 section 3.5, MUST-10: simultaneous open.
            State = TcpState.SynReceived;
            _peerAskedForEcn = Profile.Ecn != TcpEcnPolicy.Off
                && (segment.Flags & (TcpFlags.Ece | TcpFlags.Cwr)) == (TcpFlags.Ece | TcpFlags.Cwr);
            _hasEcn = _peerAskedForEcn;
            _synTries = 0;

            // The largest window seen, which silly-window avoidance looks at, is that of the SYN (RFC 9293 section 3.8.6.2.1).
            _maxSendWindow = Math.Max(_maxSendWindow, segment.Segment.Window);
            SendSyn(isAnswer: true);
            return;
        }

        // RFC 3168 section 6.1.1: an ECN-setup SYN-ACK has ECE and not CWR. One of AccECN (RFC 9768 section 3.1.1) cannot answer a SYN
        // without AE.
        _hasEcn = _offersEcn && (segment.Flags & (TcpFlags.Ece | TcpFlags.Cwr)) == TcpFlags.Ece;
        var refused = 0;
        if (FastOpening is null)
        {
            SendUnacknowledged = segment.Acknowledgment;
        }
        else
        {
            refused = SynEnd - segment.Acknowledgment;
            TakeAnswerToFastOpen(segment);
        }

        if (_synTries == 1)
        {
            // RFC 6298 section 3, Karn: only a SYN that was sent once measures.
            _roundTrip.Add(_now - _sentAt, _now, Timings);
        }

        // RFC 7323 section 2.2: the window of a SYN is never scaled.
        SetSendWindow(segment.Segment.Window, segment.Sequence);
        Establish();
        _acknowledgesNow = true;
        if (refused > 0)
        {
            ResendSynText(refused);
        }

        if (!segment.Payload.IsEmpty || segment.IsFin)
        {
            TakeText(segment, segment.Sequence + 1u);
        }
    }

    /// <summary>An acknowledgment in SYN-RECEIVED, after a simultaneous open or by a cookie.</summary>
    private void CompleteHandshake(in IncomingSegment segment, SequenceNumber sequence)
    {
        if (IsOpenByCookie)
        {
            CompleteOpenByCookie(segment, sequence);
            return;
        }

        if (FastOpening is null)
        {
            SendUnacknowledged = _initialSend + 1u;
        }
        else
        {
            TakeAnswerToFastOpen(segment);
        }

        SetSendWindow((uint)segment.Segment.Window << (segment.IsSyn ? 0 : _sendShift), sequence);
        Establish();
    }

    private void TakeSynOptions(in IncomingSegment segment)
    {
        _peerSegmentSize = Math.Min(SegmentSizeLimit, SegmentSizeOf(segment.MaximumSegmentSize, _path.Destination.IsIPv4, Profile));

        // RFC 7323 section 2.2: only when both SYNs have it; section 2.3: a shift above 14 is 14.
        if (_environment.Layout.HasWindowScale && segment.WindowScale is { } shift)
        {
            _sendShift = Math.Min(shift, (byte)14);
        }
        else
        {
            _sendShift = _receiveShift = 0;
        }

        _hasSack = _hasSack && segment.SackPermitted;
        _hasTimestamps = _hasTimestamps && segment.HasTimestamps;
        _timestampRecent = segment.TimestampValue;
        _timestampRecentAt = _now;
        RoundReceiveBuffer();
    }

    private void RoundReceiveBuffer()
    {
        if (Profile.RoundsReceiveBuffer)
        {
            var whole = EffectiveSegmentSize() + OptionsLength;
            Incoming.Limit = (Incoming.Limit + whole - 1) / whole * whole;
        }
    }

    /// <summary>RFC 9293 section 3.7.1: SendMSS as a peer's SYN names it.</summary>
    internal static int SegmentSizeOf(ushort? named, bool isIPv4, TcpProfile profile) =>
        Math.Max(named ?? (isIPv4 ? DefaultSegmentSize : DefaultSegmentSize6), profile.MinimumSegmentSize + TimestampLength);

    private void Establish()
    {
        State = TcpState.Established;
        ClearTimers();
        _mtuGeneration = _path.MtuGeneration;
        BeginMtuSearch();
        _segmentSize = EffectiveSegmentSize();
        RoundReceiveBuffer();
        _receiveSegmentSize = Math.Min(DefaultSegmentSize, OfferedSegmentSize);
        _recoveryPoint = _smallEnd = _flightEnd = SendUnacknowledged;
        _lastReceivedAt = _dataReceivedAt = _now;
        _sentAt = 0;
        _congestion = CongestionState.Start(_segmentSize, Profile.InitialWindowSegments);
        if (_synTries > 1)
        {
            // RFC 5681 section 3.1, RFC 6928 section 2: after a lost SYN the window begins with one segment.
            _congestion.Window = _segmentSize;
            _roundTrip.StartAfterLostSyn(Timings);
        }

        StartKeepalive();
        _events |= TcpEvents.Established | TcpEvents.Writable;
        if (_isFinQueued)
        {
            State = TcpState.FinWait1;
        }
    }

    /// <summary>RFC 9293 section 3.7.1, MUST-16.</summary>
    private int EffectiveSegmentSize() => Math.Max(
        Math.Min(_peerSegmentSize, (_rare?.MtuSearch is { } search ? Math.Min(search.Effective, _path.Mtu) : _path.Mtu) - HeadersLength)
            - OptionsLength,
        Profile.MinimumSegmentSize);

    private void SendSyn(bool isAnswer)
    {
        _synTries++;
        _sentAt = _now;
        EmitSyn(isAnswer);
        _timerKind = RetransmitTimer.Syn;
        _retransmitAt = WithinUserTimeout(TcpTimings.Later(_now, BackedOff(_synTries - 1)));
    }

    private void OnSynTimeout()
    {
        // RFC 9293 section 3.8.3, MUST-22, MUST-23: the profile says how often; as Linux by default, which is less than the three minutes
        // asked for.
        var retries = State == TcpState.SynSent ? Profile.SynRetries : Profile.SynAckRetries;
        if (_synTries > retries + (IsOpenByCookie ? 1 : 0) || IsPastUserTimeout())
        {
            Fail(SoftError == TcpError.None ? TcpError.TimedOut : SoftError, sendsReset: false);
            return;
        }

        // RFC 3168 section 6.1.1.1: whoever does not answer an ECN-setup SYN may answer one without.
        _offersEcn = _offersEcn && _synTries <= Profile.EcnSynRetries;
        if (FastOpening is { } opening)
        {
            // RFC 7413 section 4.1.3.1: whoever does not answer the option or text in a SYN may answer one without.
            (opening.HasOption, opening.IsLate) = (false, true);
        }

        SendSyn(State == TcpState.SynReceived);
    }
}
