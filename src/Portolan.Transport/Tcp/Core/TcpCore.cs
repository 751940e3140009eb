using Portolan.Model;
using Portolan.Transport.Buffers;
using Portolan.Transport.Ip;
using Portolan.Transport.Tcp.Buffers;
using Portolan.Transport.Tcp.Congestion;
using Portolan.Transport.Tcp.Recovery;

namespace Portolan.Transport.Tcp.Core;

/// <summary>
/// One TCP connection (RFC 9293): everything but finding it. Pure: segments, calls and the time come in, segments go out through
/// <see cref="IIpOutput"/>, and what happened is reported once when all is settled. Names are those of RFC 9293 section 3.3.1, written out.
/// </summary>
/// <remarks>
/// One thread at a time. The files of this class are mechanisms: opening, arrival, text, acknowledgment, recovery, probing, output,
/// emission, windows, closing, timers. Deadlines are nanoseconds.
/// </remarks>
internal sealed partial class TcpCore
{
    // About as many bytes as the objects have.
    private const int Size = 768;
    private const int PathSize = 128;
    private const int OwnerSize = 128;

    private readonly TcpEnvironment _environment;
    private readonly ITcpOwner _owner;
    private readonly IpPath _path;
    private readonly PortNumber _localPort;
    private readonly PortNumber _remotePort;
    private readonly uint _pseudoSum;
    private SendBuffer _outgoing;
    private ReceiveBuffer _incoming;
    private SentQueue _sent;
    private CongestionState _congestion;
    private RoundTripEstimator _roundTrip;
    private RareState? _rare;
    private TcpEvents _events;
    private bool _isTelling;
    private long _now;

    internal TcpCore(
        TcpEnvironment environment, ITcpOwner owner, IpPath path, PortNumber localPort, PortNumber remotePort, uint timestampOffset)
    {
        _environment = environment;
        _owner = owner;
        _path = path;
        _localPort = localPort;
        _remotePort = remotePort;
        _timestampOffset = timestampOffset;
        _pseudoSum = Packets.InternetChecksum.PseudoHeader(path.Source, path.Destination, Packets.IpProtocol.Tcp, 0);
        _sent = new SentQueue(environment.Memory);
        _roundTrip = RoundTripEstimator.Start(environment.Timings);
        _outgoing = new SendBuffer(environment.Memory, environment.Profile.InitialSendBuffer);
        _incoming = new ReceiveBuffer(environment.Memory, environment.Profile.InitialReceiveBuffer);
        _quickAcks = environment.Profile.QuickAcks;
        ClearTimers();
    }

    internal TcpState State { get; private set; }

    /// <summary>What was written.</summary>
    internal ref SendBuffer Outgoing => ref _outgoing;

    /// <summary>What came.</summary>
    internal ref ReceiveBuffer Incoming => ref _incoming;

    /// <summary>Why the connection ended.</summary>
    internal TcpError Error { get; private set; }

    /// <summary>The last ICMP error that did not end it (RFC 9293 section 3.9.2.2); it becomes the error when time runs out.</summary>
    internal TcpError SoftError { get; private set; }

    /// <summary>Whether it is over, and its owner should forget its socket pair.</summary>
    internal bool IsOver => State is TcpState.Closed or TcpState.TimeWait;

    /// <summary>Whether the link took no segment, so that <see cref="OnLinkReady"/> is wanted.</summary>
    internal bool IsBlocked { get; private set; }

    internal IpPath Path => _path;

    internal ITcpOwner Owner => _owner;

    /// <summary>What the congestion control keeps.</summary>
    internal ref readonly CongestionState Congestion => ref _congestion;

    internal PortNumber LocalPort => _localPort;

    internal PortNumber RemotePort => _remotePort;

    private TcpProfile Profile => _environment.Profile;

    private TcpTimings Timings => _environment.Timings;

    private RareState Rare => _rare ??= new RareState();

    private long UserTimeout => _rare?.UserTimeout ?? TcpTimings.Never;

    /// <summary>Asks for its memory: a segment will need it soon.</summary>
    internal void Prefetch() => CacheLines.Prefetch(this, Size);

    /// <summary>Asks for the memory of what it refers to. Its own should have come.</summary>
    internal void PrefetchNear()
    {
        CacheLines.Prefetch(_path, PathSize);
        CacheLines.Prefetch(_owner, OwnerSize);
    }

    /// <summary>The link takes segments again.</summary>
    internal void OnLinkReady(Instant now)
    {
        IsBlocked = false;
        Enter(now);
        Leave();
    }

    /// <summary>Segments that came together have all been taken: what was held back for that is sent.</summary>
    internal void OnTaken(Instant now)
    {
        Enter(now);
        Leave();
    }

    internal TcpInfo Info() => Info(new Instant(_now));

    internal TcpInfo Info(Instant now) => new()
    {
        State = State,
        Phase = _phase,
        SmoothedRoundTrip = TimeSpan.FromTicks(_roundTrip.Smoothed / 100),
        RoundTripVariation = TimeSpan.FromTicks(_roundTrip.Variation / 100),
        MinRoundTrip = TimeSpan.FromTicks(_roundTrip.Min / 100),
        RetransmissionTimeout = TimeSpan.FromTicks(BackedOff(_backoff) / 100),
        SegmentSize = _segmentSize,
        PeerSegmentSize = _peerSegmentSize,
        CongestionWindow = _congestion.Window,
        PacingRate = IsPaced ? (long)PacingRate : 0,
        SlowStartThreshold = _congestion.Threshold,
        SendWindow = _sendWindow,
        ReceiveWindow = ReceiveWindow,
        ReceiveBuffer = Incoming.Limit,
        BytesUnacknowledged = _sent.Bytes,
        BytesInFlight = Pipe,
        BytesSacked = _sent.SackedBytes,
        BytesLost = _sent.LostBytes,
        BytesUnsent = Unsent,
        BytesUnread = Incoming.Readable,
        BytesAcknowledged = Outgoing.Start,
        BytesReceived = Incoming.Next,
        SegmentsSent = _segmentsSent,
        SegmentsReceived = _segmentsReceived,
        Retransmissions = _repair?.Retransmissions ?? 0,
        Timeouts = _repair?.Timeouts ?? 0,
        TailProbes = _repair?.TailProbes ?? 0,
        Recoveries = _repair?.Recoveries ?? 0,
        Undone = _repair?.Undone ?? 0,
        DuplicateSacks = _repair?.DuplicateSacks ?? 0,
        HasTimestamps = _hasTimestamps,
        HasSack = _hasSack,
        HasEcn = _hasEcn,
        FastOpen = _fastOpenOutcome,
        ReceiveWindowScale = _receiveShift,
        SendWindowScale = _sendShift,
        ReceiveSegmentSize = _receiveSegmentSize,
        LargestSendWindow = _maxSendWindow,
        BytesResent = _sent.ResentBytes,
        Backoff = _timerKind == RetransmitTimer.Persist ? _persistBackoff : _backoff,
        Probes = _unansweredProbes + _keepaliveProbes,
        Reordering = Math.Max(DuplicateThreshold, (_rack.ReorderingBytes + _segmentSize - 1) / Math.Max(1, _segmentSize)),
        ReorderingSeen = _rack.ReorderingCount,
        SinceLastDataSent = Since(_sentAt, now),
        SinceLastDataReceived = Since(_dataReceivedAt, now),
        SinceLastReceived = Since(_lastReceivedAt, now),
        TimeBusy = TimeSpan.FromTicks((_busyTime + (_activity == SendActivity.Idle ? 0 : now.Nanoseconds - _activitySince)) / 100),
        TimeReceiverLimited = TimeSpan.FromTicks(
            (_receiverLimitedTime + (_activity == SendActivity.ReceiverLimited ? now.Nanoseconds - _activitySince : 0)) / 100),
        TimeSendBufferLimited = TimeSpan.FromTicks(
            (_bufferLimitedTime + (_activity == SendActivity.BufferLimited ? now.Nanoseconds - _activitySince : 0)) / 100),
    };

    private static TimeSpan Since(long then, Instant now) => TimeSpan.FromTicks(Math.Max(0, now.Nanoseconds - then) / 100);

    /// <summary>Begins something that changes the connection. Calls from inside what the owner is notified of do not nest.</summary>
    private void Enter(Instant now)
    {
        _now = now.Nanoseconds;
    }

    /// <summary>Sends what is to be sent, then tells the owner what happened.</summary>
    private void Leave()
    {
        // Who writes or closes when told that the connection is open acknowledges the SYN by that.
        var isOpening = (_events & TcpEvents.Established) != 0 && !_isTelling;
        Settle(acknowledges: !isOpening);
        if (_isTelling)
        {
            // The owner is being told already; the loop that tells it goes on with what is new.
            return;
        }

        _isTelling = true;
        try
        {
            while (_events != TcpEvents.None)
            {
                var events = _events;
                _events = TcpEvents.None;
                _owner.OnEvents(this, events);
            }
        }
        finally
        {
            _isTelling = false;
        }

        if (isOpening && _acknowledgesNow)
        {
            Settle(acknowledges: true);
        }
    }

    private void Settle(bool acknowledges)
    {
        if (!IsOver)
        {
            var holdsData = MayHoldData();
            if (!holdsData)
            {
                Output();
            }

            IsHolding = holdsData;
            if (acknowledges)
            {
                FlushAcknowledgment();
            }

            KeepTime();
        }

        _owner.OnSettled(this, new Instant(_now));
    }
}
