using Portolan.Model;

namespace Portolan.Transport.Tcp;

/// <summary>What a connection knows of itself, at one moment.</summary>
public readonly record struct TcpInfo
{
    /// <summary>RFC 9293 section 3.3.2.</summary>
    public TcpState State { get; init; }

    /// <summary>What the sender is doing about loss.</summary>
    public TcpRecoveryPhase Phase { get; init; }

    /// <summary>The smoothed round-trip time; zero before the first measurement.</summary>
    public TimeSpan SmoothedRoundTrip { get; init; }

    /// <summary>RTTVAR (RFC 6298 section 2).</summary>
    public TimeSpan RoundTripVariation { get; init; }

    /// <summary>The least round-trip time of the last five minutes; zero before the first measurement.</summary>
    public TimeSpan MinRoundTrip { get; init; }

    /// <summary>RTO (RFC 6298 section 2).</summary>
    public TimeSpan RetransmissionTimeout { get; init; }

    /// <summary>The most payload bytes of a segment that is sent now.</summary>
    public int SegmentSize { get; init; }

    /// <summary>The peer's MSS.</summary>
    public int PeerSegmentSize { get; init; }

    /// <summary>The congestion window in bytes.</summary>
    public long CongestionWindow { get; init; }

    /// <summary>The rate at which data leave, bytes a second; 0 for as fast as windows allow.</summary>
    public long PacingRate { get; init; }

    /// <summary>The slow-start threshold in bytes.</summary>
    public long SlowStartThreshold { get; init; }

    /// <summary>SND.WND in bytes.</summary>
    public long SendWindow { get; init; }

    /// <summary>RCV.WND in bytes.</summary>
    public long ReceiveWindow { get; init; }

    /// <summary>The most bytes that are held for the reader at present.</summary>
    public int ReceiveBuffer { get; init; }

    /// <summary>Bytes sent and not acknowledged.</summary>
    public long BytesUnacknowledged { get; init; }

    /// <summary>Bytes that are thought to be on their way: RFC 6675's pipe.</summary>
    public long BytesInFlight { get; init; }

    /// <summary>Bytes that the peer has acknowledged selectively.</summary>
    public long BytesSacked { get; init; }

    /// <summary>Bytes that are thought lost.</summary>
    public long BytesLost { get; init; }

    /// <summary>Bytes written and not sent.</summary>
    public long BytesUnsent { get; init; }

    /// <summary>Bytes received and not read.</summary>
    public long BytesUnread { get; init; }

    /// <summary>Payload bytes that were acknowledged.</summary>
    public long BytesAcknowledged { get; init; }

    /// <summary>Payload bytes that were received in order.</summary>
    public long BytesReceived { get; init; }

    /// <summary>Segments sent over the connection's life.</summary>
    public long SegmentsSent { get; init; }

    /// <summary>Segments received over the connection's life.</summary>
    public long SegmentsReceived { get; init; }

    /// <summary>Segments sent again.</summary>
    public long Retransmissions { get; init; }

    /// <summary>Retransmission timeouts.</summary>
    public long Timeouts { get; init; }

    /// <summary>Tail loss probes sent (RFC 8985 section 7).</summary>
    public long TailProbes { get; init; }

    /// <summary>Times that fast recovery began.</summary>
    public long Recoveries { get; init; }

    /// <summary>Times that a recovery was found needless and undone.</summary>
    public long Undone { get; init; }

    /// <summary>Duplicate SACKs received (RFC 2883).</summary>
    public long DuplicateSacks { get; init; }

    /// <summary>Whether timestamps are in use.</summary>
    public bool HasTimestamps { get; init; }

    /// <summary>Whether selective acknowledgments are in use.</summary>
    public bool HasSack { get; init; }

    /// <summary>Whether ECN is in use.</summary>
    public bool HasEcn { get; init; }

    /// <summary>What became of Fast Open.</summary>
    public TcpFastOpenOutcome FastOpen { get; init; }

    /// <summary>The shift of the windows that this end sends.</summary>
    public int ReceiveWindowScale { get; init; }

    /// <summary>The shift of the windows that the peer sends.</summary>
    public int SendWindowScale { get; init; }

    /// <summary>The payload bytes of a full segment of the peer, as far as seen.</summary>
    public int ReceiveSegmentSize { get; init; }

    /// <summary>The largest window that the peer has ever offered, in bytes.</summary>
    public long LargestSendWindow { get; init; }

    /// <summary>Bytes sent again and thought to be on their way.</summary>
    public long BytesResent { get; init; }

    /// <summary>How many times the timeout is doubled, of retransmission or of window probes.</summary>
    public int Backoff { get; init; }

    /// <summary>Window and keepalive probes that were not answered.</summary>
    public int Probes { get; init; }

    /// <summary>By how many segments the path was seen to reorder; at least 3, the duplicate threshold.</summary>
    public int Reordering { get; init; }

    /// <summary>How many times reordering was seen.</summary>
    public int ReorderingSeen { get; init; }

    /// <summary>Time since data were sent last.</summary>
    public TimeSpan SinceLastDataSent { get; init; }

    /// <summary>Time since data came last; since the opening when none came.</summary>
    public TimeSpan SinceLastDataReceived { get; init; }

    /// <summary>Time since an acceptable segment came.</summary>
    public TimeSpan SinceLastReceived { get; init; }

    /// <summary>Time with data written and not acknowledged.</summary>
    public TimeSpan TimeBusy { get; init; }

    /// <summary>Of that, time in which the peer's window held data back.</summary>
    public TimeSpan TimeReceiverLimited { get; init; }

    /// <summary>
    /// Of that, time in which a writer waited for room in the send buffer while the windows had room for more: the buffer is too small for
    /// the path.
    /// </summary>
    public TimeSpan TimeSendBufferLimited { get; init; }
}

/// <summary>What a sender is doing about loss.</summary>
public enum TcpRecoveryPhase : byte
{
    /// <summary>Nothing is amiss.</summary>
    Open,

    /// <summary>Something came out of order; whether it is loss is not known yet.</summary>
    Disorder,

    /// <summary>The window is being reduced for ECN (RFC 3168 section 6.1.2).</summary>
    Reduced,

    /// <summary>Fast recovery (RFC 6675 section 5).</summary>
    Recovery,

    /// <summary>After a retransmission timeout.</summary>
    Loss,
}

/// <summary>Why a connection ended.</summary>
public enum TcpError : byte
{
    /// <summary>It did not end, or both sides closed it in order.</summary>
    None,

    /// <summary>The peer refused it with RST.</summary>
    Refused,

    /// <summary>The peer reset it.</summary>
    Reset,

    /// <summary>This end aborted it.</summary>
    Aborted,

    /// <summary>The peer does not answer.</summary>
    TimedOut,

    /// <summary>The host cannot be reached.</summary>
    HostUnreachable,

    /// <summary>The network cannot be reached.</summary>
    NetworkUnreachable,

    /// <summary>The host does not speak TCP.</summary>
    ProtocolUnreachable,

    /// <summary>Nothing listens at the port, says an ICMP error.</summary>
    PortUnreachable,

    /// <summary>An administrator forbids it.</summary>
    Prohibited,

    /// <summary>A field of a header was wrong, says an ICMP error.</summary>
    ParameterProblem,
}
